import type { Cluster } from "../../domain/cluster.ts";
import { type DriftCheck, firstCheck } from "../../domain/drift-check.ts";
import type { Timestamp } from "../../domain/tenant.ts";
import { type Clock, type DriftChecks, WriteConflict } from "../../ports.ts";
import type { DedupeItem } from "../once.ts";

export interface DriftCheckPorts {
  checks: DriftChecks;
  clock: Clock;
  /** From the end of a check to the next, milliseconds. */
  driftIntervalMs: number;
}

/** A cluster's checks; what is known of an earlier registration of the name counts for nothing. */
export const checkOf = (cluster: Cluster, known: DriftCheck | undefined, intervalMs: number): DriftCheck =>
  known?.registeredAt === cluster.createdAt ? known : firstCheck(cluster, intervalMs);

/** Tries of one change: others write the item when a check is asked for, claimed, begun or goes on. */
const TRIES = 5;

/** Changes a cluster's checks on what stands; `undefined` where `change` makes nothing of it. Throws `WriteConflict` where others always come first. */
export async function changeCheck<T extends DriftCheck | undefined>(
  cluster: Cluster,
  { checks, clock, driftIntervalMs }: DriftCheckPorts,
  change: (check: DriftCheck, now: Timestamp) => T,
  dedupe?: DedupeItem | undefined,
): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    const before = await checks.get(cluster.name);
    const after = change(checkOf(cluster, before, driftIntervalMs), clock.now().toISOString());
    if (after === undefined) return after;
    try {
      const { version } = await checks.write(before, after, dedupe);
      return { ...after, version };
    } catch (error) {
      if (!(error instanceof WriteConflict) || left === 1) throw error;
    }
  }
}
