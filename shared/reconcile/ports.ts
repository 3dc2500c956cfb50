import type { Platform } from "../domain/platform.ts";
import type { ClusterAccess, ClusterRegistry, ClusterSlots, Clock, Log, NewId, ReconcileQueue, TenantStore } from "../ports.ts";

/** What a reconcile works with. */
export interface ReconcilePorts {
  store: TenantStore;
  registry: ClusterRegistry;
  clusters: ClusterAccess;
  slots: ClusterSlots;
  /** Part of a cluster's slots that this function may take, in (0, 1]: what nobody waits for leaves some free. All of them by default. */
  slotShare?: number | undefined;
  queue: ReconcileQueue;
  clock: Clock;
  newId: NewId;
  /** In [0, 1): spreads retries. */
  random: () => number;
  log: Log;
  platform: Platform;
  /** Written on every namespace: tells this installation's from another's. */
  installation: string;
}
