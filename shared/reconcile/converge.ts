import type { Cluster } from "../domain/cluster.ts";
import { ClusterError } from "../ports.ts";
import { type AtCluster, failed } from "./at-cluster.ts";
import { bringUp } from "./bring-up.ts";
import type { Outcome } from "./decide.ts";
import type { ReconcilePorts } from "./ports.ts";
import type { Work } from "./round.ts";
import type { Run } from "./run.ts";
import { takeDown } from "./take-down.ts";

/** Observe, decide, apply: what the round did is in `work` when it ends, also where it throws. Throws `WriteConflict`. */
export async function converge(work: Work, cluster: Cluster, run: Run, ports: ReconcilePorts): Promise<Outcome> {
  try {
    const at: AtCluster = { work, cluster, run, ports, api: ports.clusters.connect(cluster) };
    return work.record.desired.state === "Active" ? await bringUp(at) : await takeDown(at);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return failed(error.reason, `Cluster "${cluster.name}": ${error.message}`);
  }
}
