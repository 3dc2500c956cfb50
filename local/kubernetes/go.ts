import { run } from "../commands.ts";

const GO_MINIMUM = [1, 25] as const;

/** A module's own settings decide, not those of a workspace or of the user's flags. */
const goEnv = (extra: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  GOWORK: "off",
  GOFLAGS: "-buildvcs=false",
  CGO_ENABLED: "0",
  ...extra,
});

async function requireGo(): Promise<void> {
  const said = await run("go", ["env", "GOVERSION"]);
  const [, major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(said) ?? []).map(Number);
  if (major < GO_MINIMUM[0] || (major === GO_MINIMUM[0] && minor < GO_MINIMUM[1])) {
    throw new Error(`Go ${major}.${minor} is older than ${GO_MINIMUM.join(".")}`);
  }
}

const strip = "-s -w";

/** Builds the module's tools into `outDir`. The version is stamped, since clients and admission look at it. */
export async function goBuild(moduleDir: string, outDir: string, gitVersion: string): Promise<void> {
  await requireGo();
  const [major, minor] = gitVersion.slice(1).split(".");
  const stamp = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
    .flatMap((pkg) => [`${pkg}.gitVersion=${gitVersion}`, `${pkg}.gitMajor=${major}`, `${pkg}.gitMinor=${minor}`])
    .map((pair) => `-X ${pair}`)
    .join(" ");
  const args = ["build", "-trimpath", "-ldflags", `${strip} ${stamp}`, "-o", `${outDir}/`, "tool"];
  await run("go", args, { cwd: moduleDir, env: goEnv() });
}

export async function goInstall(pkg: string, version: string, outDir: string): Promise<void> {
  await requireGo();
  await run("go", ["install", "-trimpath", "-ldflags", strip, `${pkg}@${version}`], { env: goEnv({ GOBIN: outDir }) });
}

/** The folder with a module's files, fetched through the module proxy and checked against the checksum database. */
export async function goModuleDir(module: string, version: string): Promise<string> {
  await requireGo();
  const said = await run("go", ["mod", "download", "-json", `${module}@${version}`], { env: goEnv() });
  return (JSON.parse(said) as { Dir: string }).Dir;
}
