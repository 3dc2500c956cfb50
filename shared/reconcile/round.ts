import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { Outcome } from "./decide.ts";
import type { Unplaced } from "./placement.ts";
import type { Round } from "./settle.ts";

/** Pause before another look at a paused cluster, milliseconds. */
const PAUSED_CLUSTER_MS = 60_000;

const untouched = { namespace: "unread", wanted: [], performed: { applied: {}, versions: {}, errors: {} } } as const;
const bare = (outcome: Outcome, more: Partial<Round> = {}): Round => ({ ...untouched, wanted: [], cluster: undefined, ...more, outcome });

/** A round of a paused tenant: nothing is read or applied. */
export const pausedRound = (): Round =>
  bare({ kind: "paused", reason: "Paused", message: "The tenant is paused: what is asked for is recorded, and nothing is applied." });

/** A round of a tenant on a paused cluster. */
export const heldRound = (cluster: Cluster): Round =>
  bare(
    { kind: "requeue", afterMs: PAUSED_CLUSTER_MS, reason: "ClusterPaused", message: `Cluster "${cluster.name}" is paused.` },
    { cluster },
  );

/** A round of a tenant that has no cluster to go to. */
export function unplacedRound(record: Tenant, unplaced: Unplaced, { retry }: Platform): Round {
  const { reason, message } = unplaced;
  if (record.desired.state === "Deleted" && (reason === "NeverPlaced" || reason === "ClusterForgotten"))
    return bare({ kind: "done" }, { unplaced });
  if (reason === "ClusterGone") return bare({ kind: "failed", reason, message, blocked: true }, { unplaced });
  return bare({ kind: "requeue", afterMs: retry.placementMs, reason, message }, { unplaced });
}
