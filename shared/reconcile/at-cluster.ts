import type { Cluster } from "../domain/cluster.ts";
import type { Tenant } from "../domain/tenant.ts";
import { standingGeneration } from "../manifests/generation.ts";
import type { ClusterApi } from "../ports.ts";
import { behind, type Outcome } from "./decide.ts";
import type { Performed } from "./perform.ts";
import type { ReconcilePorts } from "./ports.ts";
import type { Work } from "./round.ts";
import type { Run } from "./run.ts";
import { namespaceLost } from "./settle.ts";

/** A round at work in its cluster. */
export interface AtCluster {
  work: Work;
  cluster: Cluster;
  api: ClusterApi;
  run: Run;
  ports: ReconcilePorts;
}

export const failed = (reason: string, message: string): Outcome => ({ kind: "failed", reason, message, blocked: false });

/** Pause before a namespace that was lost is made again, milliseconds: it grows where it is lost again. */
const LOST_MS = 1_000;

/** What became of a tenant's plan. */
export function outcomeOf(planned: Outcome, performed: Performed, tenant: Pick<Tenant, "desired" | "generation">): Outcome {
  if (namespaceLost(tenant, performed)) {
    return {
      kind: "waiting",
      afterMs: LOST_MS,
      reason: "NamespaceLost",
      message: "The namespace was removed by someone else; it is made again.",
    };
  }
  const standing = Object.values(performed.errors).flatMap(({ message }) => standingGeneration(message) ?? []);
  if (standing.length > 0) return behind(Math.max(...standing), tenant);
  const [first, ...more] = Object.entries(performed.errors);
  if (first === undefined) return planned;
  const [key, error] = first;
  return failed(error.reason, `${key}: ${error.message}${more.length > 0 ? ` (and ${more.length} more)` : ""}`);
}
