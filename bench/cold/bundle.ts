import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type BuildOptions, build } from "esbuild";
import { projectDir } from "../../local/paths.ts";
import type { DeployedFunction } from "./functions.ts";

export interface Bundle {
  path: string;
  /** Bytes, minified, before the zip. */
  bytes: number;
  /** Files that went in, with the bytes that each left there. */
  inputs: Record<string, number>;
}

/** Options of serverless-esbuild that are not esbuild's. */
const pluginOptions = new Set([
  "concurrency",
  "zipConcurrency",
  "exclude",
  "nativeZip",
  "packager",
  "packagePath",
  "watch",
  "keepOutputDirectory",
  "packagerOptions",
  "installExtraArgs",
  "outputFileExtension",
  "outputBuildFolder",
  "outputWorkFolder",
  "nodeExternals",
  "skipBuild",
  "skipRebuild",
  "skipBuildExcludeFns",
  "stripEntryResolveExtensions",
  "disposeContext",
]);

/** Bundles one entry as serverless-esbuild would, under `dir`. */
export async function bundle(entry: string, options: Record<string, unknown>, dir: string): Promise<Bundle> {
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => !pluginOptions.has(name))) as BuildOptions;
  const extension = String(options["outputFileExtension"] ?? ".js");
  const result = await build({
    ...own,
    bundle: true,
    entryPoints: [entry],
    absWorkingDir: projectDir,
    outdir: join(dir, dirname(entry)),
    outExtension: { ".js": extension },
    external: (options["exclude"] as string[] | undefined) ?? ["aws-sdk"],
    metafile: true,
    logLevel: "error",
  });
  const [path, output] = Object.entries(result.metafile.outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  if (path === undefined || output === undefined) throw new Error(`${entry} made no bundle.`);
  const inputs = Object.fromEntries(Object.entries(output.inputs).map(([file, { bytesInOutput }]) => [file, bytesInOutput]));
  return { path: join(projectDir, path), bytes: output.bytes, inputs };
}

const script = (path: string): string =>
  `const start = performance.now(); await import(${JSON.stringify(path)}); console.error(performance.now() - start); process.exit();`;

/** Time to import a bundle in a new process, milliseconds: what a cold start does before the first event. */
export async function importTime(path: string, env: DeployedFunction["env"]): Promise<number> {
  const args = ["--input-type=module", "--eval", script(path)];
  const away = { PATH: process.env["PATH"] ?? "", AWS_REGION: "eu-central-1", AWS_EC2_METADATA_DISABLED: "true", ...env };
  const { stderr } = await promisify(execFile)(process.execPath, args, { env: away, timeout: 30_000 });
  const time = Number(stderr.trim().split("\n").at(-1));
  if (!(time > 0)) throw new Error(`${path} did not tell its import time: ${stderr}`);
  return time;
}
