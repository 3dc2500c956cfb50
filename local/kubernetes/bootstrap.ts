import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../commands.ts";
import type { Log } from "../log.ts";
import { projectDir } from "../paths.ts";
import type { Cluster } from "./cluster.ts";
import { kubectl } from "./kubectl.ts";

/** What an administrator applies once to a cluster (docs/deploy.md), generated as he would generate it. */
async function bootstrapManifest(): Promise<string | undefined> {
  const { scripts = {} } = JSON.parse(await readFile(join(projectDir, "package.json"), "utf8")) as { scripts?: Record<string, string> };
  // TODO: drop this once the generator is there; a stack without it cannot reconcile.
  if (!scripts["bootstrap:manifest"]) return undefined;
  return await run("npm", ["run", "--silent", "bootstrap:manifest"], { cwd: projectDir });
}

export async function applyBootstrap(cluster: Cluster, log: Log): Promise<void> {
  const manifest = await bootstrapManifest();
  if (manifest === undefined) return log("no bootstrap manifest yet: the provisioner has no rights in the cluster");
  await kubectl(cluster.adminKubeconfigPath, log, ["apply", "--server-side", "-f", "-"], manifest);
}
