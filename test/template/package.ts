import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { run } from "../../local/commands.ts";
import { withLock } from "../../local/locks.ts";
import { binDir, localDir, projectDir } from "../../local/paths.ts";
import { type Variant, variants } from "./variants.ts";

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
}

/** An archive without files: the template does not depend on the functions' code. */
const EMPTY_ZIP = Buffer.from("PK\u0005\u0006".padEnd(22, "\0"), "latin1");

/** serverless.yml without the build of the functions, which takes most of the time of `serverless package`. */
function withoutBuild(): string {
  const document = parseDocument(readFileSync(join(projectDir, "serverless.yml"), "utf8"), { logLevel: "silent", merge: true });
  document.delete("plugins");
  document.deleteIn(["custom", "esbuild"]);
  document.set("package", { artifact: "empty.zip" });
  return document.toString({ lineWidth: 0 });
}

/** All that the template is made from. `infra/` reads no other file of the project. */
function fingerprint(variant: Variant): string {
  const hash = createHash("sha256").update(JSON.stringify(variants[variant]));
  const infra = readdirSync(join(projectDir, "infra")).map((file) => `infra/${file}`);
  for (const file of ["serverless.yml", "package-lock.json", "test/template/package.ts", ...infra]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(projectDir, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function packageInto(dir: string, variant: Variant): Promise<string> {
  writeFileSync(join(dir, "serverless.yml"), withoutBuild());
  writeFileSync(join(dir, "empty.zip"), EMPTY_ZIP);
  symlinkSync(join(projectDir, "infra"), join(dir, "infra"));
  const { stage, parameters } = variants[variant];
  const given = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  // No credentials: the template must be made without an account.
  const env = { PATH: process.env["PATH"], HOME: dir, CI: "1", SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" };
  const args = [join(binDir, "serverless"), "package", "--stage", stage, "--region", "eu-central-1", "--package", "out", ...given];
  await run(process.execPath, args, { cwd: dir, env });
  const text = readFileSync(join(dir, "out", "cloudformation-template-update-stack.json"), "utf8");
  // The time of packaging is in the name of the archive.
  return text.replace(/\d+-\d{4}-\d\d-\d\dT[\d:.]+Z/g, "0");
}

/** Each change of the template leaves its files behind: those of the last week are kept. */
function forgetOld(dir: string): void {
  const weekAgo = Date.now() - 7 * 24 * 3_600_000;
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    // Another process may be at it, too.
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY };
    if (mtimeMs < weekAgo) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * The file with the CloudFormation template that a deployment of this variant sends, but for the name of the functions' archive.
 * Kept by the hash of all that it is made from.
 */
export async function templateFile(variant: Variant): Promise<string> {
  const templates = join(localDir, "templates");
  const file = join(templates, `${fingerprint(variant)}.json`);
  if (existsSync(file)) return file;
  mkdirSync(templates, { recursive: true });
  // Jest's workers all want it, and one makes it.
  await withLock(
    `${file}.lock`,
    () => {},
    async () => {
      if (existsSync(file)) return;
      forgetOld(templates);
      const dir = mkdtempSync(join(templates, ".package-"));
      try {
        writeFileSync(join(dir, "template.json"), await packageInto(dir, variant));
        renameSync(join(dir, "template.json"), file);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );
  return file;
}

export const template = async (variant: Variant): Promise<Template> => JSON.parse(readFileSync(await templateFile(variant), "utf8"));
