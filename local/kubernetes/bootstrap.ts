import { join } from "node:path";
import type { Log } from "../log.ts";
import { projectDir } from "../paths.ts";
import type { Cluster } from "./cluster.ts";
import { kubectl } from "./kubectl.ts";

/** Applies what an administrator applies once to a cluster, the way he does it (docs/deploy.md). */
export async function applyBootstrap(cluster: Cluster, log: Log): Promise<void> {
  const manifest = join(projectDir, "bootstrap.yaml");
  await kubectl(cluster.adminKubeconfigPath, log, ["apply", "--server-side", "-f", manifest]);
}
