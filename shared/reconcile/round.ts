import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import { afterRepair } from "../domain/repair.ts";
import type { Status, Tenant } from "../domain/tenant.ts";
import type { SleeperWrite, TenantStore } from "../ports.ts";
import type { Outcome } from "./decide.ts";
import { nothingPerformed } from "./perform.ts";
import type { Unplaced } from "./placement.ts";
import { progress, type Round } from "./settle.ts";

/** Pause before another look at a paused cluster, milliseconds. */
const PAUSED_CLUSTER_MS = 60_000;

/**
 * A round at work. `record` is what the table has under our lease, and changes only by a write that the table took;
 * `round` is what was done since, and becomes part of the record by a write alone (`progress`).
 */
export interface Work {
  record: Tenant;
  round: Round;
}

export const newWork = (record: Tenant, cluster?: Cluster): Work => ({
  record,
  round: {
    cluster,
    namespace: "unread",
    wanted: [],
    performed: nothingPerformed(),
    outcome: { kind: "done" },
  },
});

/** What is recorded in the middle of a round, because what follows in the cluster must not happen without it. Throws `WriteConflict`. */
export async function recordStatus(
  work: Work,
  change: Partial<Status>,
  store: Pick<TenantStore, "write">,
  sleepers?: SleeperWrite[],
): Promise<void> {
  await record(work, { ...work.record, status: { ...work.record.status, ...change } }, store, sleepers);
}

/** A record as it is stored, with what a round did before the record moved. */
export const withProgress = ({ record, round }: Work, stored: Tenant): Tenant => ({
  ...stored,
  status: progress({ ...record, status: stored.status }, round),
});

/** Records what an interrupted round did and what a drift check found, where there is either: the next round begins with it. Throws `WriteConflict`. */
export async function takeUp(next: Work, interrupted: Work | undefined, store: Pick<TenantStore, "write">): Promise<void> {
  const known = interrupted === undefined ? next.record : withProgress(interrupted, next.record);
  if (interrupted === undefined && known.repair === undefined) return;
  await record(next, { ...known, status: afterRepair(known), repair: undefined }, store);
}

async function record(work: Work, after: Tenant, store: Pick<TenantStore, "write">, sleepers?: SleeperWrite[]): Promise<void> {
  await store.write({ before: work.record, after, lease: "hold", sleepers });
  work.record = after;
}

/** Of a paused tenant: nothing is read or applied. */
export const PAUSED: Outcome = {
  kind: "paused",
  reason: "Paused",
  message: "The tenant is paused: what is asked for is recorded, and nothing is applied.",
};

/** Of a tenant on a paused cluster. */
export const heldByCluster = ({ name }: Cluster): Outcome => ({
  kind: "requeue",
  afterMs: PAUSED_CLUSTER_MS,
  reason: "ClusterPaused",
  message: `Cluster "${name}" is paused.`,
});

/** Of a tenant that has no cluster to go to. */
export function unplacedOutcome(record: Tenant, { reason, message }: Unplaced, { retry }: Platform): Outcome {
  if (record.desired.state === "Deleted" && (reason === "NeverPlaced" || reason === "ClusterForgotten")) return { kind: "done" };
  if (reason === "UnknownTier") return unknownTier(record);
  if (reason === "ClusterGone") return { kind: "failed", reason, message, blocked: true };
  return { kind: "waiting", afterMs: retry.placementMs, reason, message };
}

/** Of a tenant whose tier is not in the configuration: what the tier shapes stays as it is. */
export const unknownTier = ({ desired: { tier } }: Pick<Tenant, "desired">): Outcome => ({
  kind: "failed",
  reason: "UnknownTier",
  message: `The tier "${tier}" is not in the configuration: put it back, or give the tenant another one.`,
  blocked: true,
});
