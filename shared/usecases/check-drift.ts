import pLimit from "p-limit";
import type { Cluster } from "../domain/cluster.ts";
import { type DriftCounts, type DriftFailure, type DriftProgress, noCounts, type Orphan } from "../domain/drift-check.ts";
import { hasMoved, isAtRest, namedOf, repair } from "../domain/repair.ts";
import type { Tenant } from "../domain/tenant.ts";
import { type ClusterApi, ClusterError, type ClusterTenants } from "../ports.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { confirm } from "./drift/confirm.ts";
import { type Bindings, bindingsOf, type Suspects, suspectsOf } from "./drift/judge.ts";
import { Namespaces, type SeenNamespace } from "./drift/namespaces.ts";
import { isDead, orphanOf, removeOrphan, tenantIdOf } from "./drift/orphans.ts";
import { recordIntent } from "./record-intent.ts";

export interface DriftPorts extends ReconcilePorts {
  tenants: ClusterTenants;
}

/** What one invocation did of a check; `next` where the check is not at its end. */
export interface DriftChecked {
  counts: DriftCounts;
  failures: DriftFailure[];
  next?: DriftProgress;
}

/** Tenants that are read and judged at once: what one BatchGet takes. */
export const BATCH = 100;
/** Tenants at work at once: those whose grants are read, and those that are put right. */
const TENANTS = 8;
/** Failures that are kept as examples. */
const FAILURES = 10;
/** Characters of a failure's reason that are kept. */
const REASON = 300;

interface Check {
  cluster: Cluster;
  api: ClusterApi;
  ports: DriftPorts;
  signal: AbortSignal;
  counts: DriftCounts;
  failures: DriftFailure[];
  unknown: Orphan[];
}

export interface CheckLimits {
  /** Aborts when no further batch is to begin; one is done by then, so a check comes to its end. */
  enough: AbortSignal;
  /** Ends every request. */
  signal: AbortSignal;
  /** Tenants a batch: fewer where a batch was not done in time. */
  batch?: number | undefined;
}

/**
 * Compares a cluster with the records of its tenants: one paginated list of each kind and one batched read of each hundred
 * records; nothing is written where nothing differs. What differs is recorded as intent, and the reconcile mends it.
 * One tenant that fails is counted, and the others go on. `undefined` for a cluster that is paused or not registered.
 * Throws `ClusterError` where a list fails, and what the table throws; then nothing is lost but the look.
 */
export async function checkDrift(
  { cluster: name, from }: { cluster: string; from?: DriftProgress | undefined },
  ports: DriftPorts,
  { enough, signal, batch = BATCH }: CheckLimits,
): Promise<DriftChecked | undefined> {
  const cluster = await ports.registry.get(name);
  if (cluster === undefined || cluster.paused === true) return undefined;
  const api = ports.clusters.connect(cluster);
  const lists = new AbortController();
  const namespaces = new Namespaces(cluster, api, ports.tenants, AbortSignal.any([signal, lists.signal]), from);
  const { counts = noCounts(), failures = [], unknown = [] } = structuredClone(from) ?? {};
  const check: Check = { cluster, api, ports, signal, counts, failures, unknown };
  try {
    for (;;) {
      const seen = await namespaces.take(batch);
      if (seen.length === 0) break;
      await checkBatch(seen, check);
      if (enough.aborted) return { counts, failures, next: { ...namespaces.position(), counts, failures, unknown } };
    }
    await endUnknown(check);
    return { counts, failures };
  } finally {
    lists.abort();
    await namespaces.settled();
  }
}

async function checkBatch(seen: SeenNamespace[], check: Check): Promise<void> {
  const { ports } = check;
  const ids = seen.map(({ name }) => tenantIdOf(name)).filter((id) => id !== undefined);
  const tenants = await ports.tenants.getMany(ids);
  const limit = pLimit(TENANTS);
  // One that fails must not hide that the others ran: all end before it is thrown.
  const ended = await Promise.allSettled(
    seen.flatMap((one) => {
      const work = workOn(one, tenants, check);
      return work === undefined ? [] : [limit(() => isolated(one.name, work, check))];
    }),
  );
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}

/** What there is to do about a namespace; of most, which have nothing amiss and no grants, nothing. */
function workOn(one: SeenNamespace, tenants: Map<string, Tenant>, check: Check): (() => Promise<void>) | undefined {
  const { ports, counts, cluster } = check;
  const tenantId = tenantIdOf(one.name);
  const tenant = tenantId === undefined ? undefined : tenants.get(tenantId);
  if (one.namespace !== undefined) counts.namespaces += 1;
  if (tenant === undefined || isDead(tenant) || tenant.cluster !== cluster.name) return () => checkOrphan(one, tenant, check);
  if (!isAtRest(tenant) || tenant.desired.paused === true) {
    counts.underWay += 1;
    return undefined;
  }
  counts.judged += 1;
  const mendWhatDrifted = async (bindings: Bindings): Promise<void> => {
    const suspects = suspectsOf(tenant, one, cluster, ports, bindings);
    if (suspects !== undefined) await mend(tenant, suspects, check);
  };
  if (tenant.hasGrants === true) return async () => mendWhatDrifted(await bindingsOf(tenant, cluster, ports));
  try {
    return suspectsOf(tenant, one, cluster, ports, NO_BINDINGS) === undefined ? undefined : () => mendWhatDrifted(NO_BINDINGS);
  } catch {
    return () => mendWhatDrifted(NO_BINDINGS); // It fails again there, as this namespace's own failure.
  }
}

const NO_BINDINGS: Bindings = new Map();

/** A failure of one namespace is counted and told, and the others go on; only the end of the time is thrown. */
async function isolated(namespace: string, task: () => Promise<void>, { counts, failures, cluster, ports, signal }: Check): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = String(error).slice(0, REASON);
    counts.failed += 1;
    if (failures.length < FAILURES) failures.push({ namespace, reason });
    ports.log.error("A namespace could not be checked for drift.", { namespace, cluster: cluster.name, reason });
  }
}

async function checkOrphan(one: SeenNamespace, tenant: Tenant | undefined, check: Check): Promise<void> {
  const { api, ports, signal, counts, cluster, unknown } = check;
  const orphan = orphanOf(one, ports.installation);
  if (orphan === undefined) return;
  counts.orphans += 1;
  ports.log.warn("A namespace of this installation has no live tenant here.", { namespace: one.name, cluster: cluster.name });
  if (tenantIdOf(one.name) === undefined) return;
  if (tenant !== undefined && isDead(tenant)) {
    if (await removeOrphan(orphan, api, ports, signal)) counts.removed += 1;
    return;
  }
  // One more than may be deleted tells that there are too many.
  if (tenant === undefined && unknown.length <= ports.platform.drift.removeUnknownAtMost) unknown.push(orphan);
}

/**
 * Confirms, removes what must go, and records. A crash between the last two leaves the object removed, and the next check
 * finds it missing; of a foreign one only the log tells then.
 */
async function mend({ tenantId }: Tenant, suspects: Suspects, { cluster, api, ports, signal, counts }: Check): Promise<void> {
  const confirmed = await confirm(tenantId, suspects, cluster, api, ports, signal);
  if (confirmed === undefined) return;
  const { findings, remove } = confirmed;
  // What was granted between the reads of grants and of bindings stands; what is granted from here on, the version that was read tells.
  if (remove.length > 0 && hasMoved(await ports.store.get(tenantId), findings)) return;
  const { objects, foreign, more } = findings;
  ports.log.warn("A tenant drifted.", {
    tenantId,
    cluster: cluster.name,
    ...namedOf(findings),
    found: objects.length + foreign.length + more,
  });
  if (more > 0) counts.more += 1;
  for (const { ref, ...as } of remove) {
    await api.delete(ref, as, signal).catch((error: unknown) => {
      // It is another by now, or was changed: the next check looks at it again.
      if (!(error instanceof ClusterError) || error.status !== 409) throw error;
    });
  }
  const id = ports.newId();
  const cause = { actor: "tenantry", correlationId: id, causationId: id };
  const occurredAt = ports.clock.now().toISOString();
  const { changed } = await recordIntent(
    { tenantId, cause, occurredAt },
    (before, at) => repair(before, findings, { cause, now: at.now }),
    ports,
  );
  if (changed) counts.drifted += 1;
}

/**
 * What the table knows nothing of is left over from a tombstone that is long gone, or the table is the wrong one. So none is
 * deleted where they are more than config allows, or more than the live tenants that were seen.
 */
async function endUnknown(check: Check): Promise<void> {
  const { unknown, counts, api, ports, signal, cluster } = check;
  const { removeUnknownAtMost } = ports.platform.drift;
  if (unknown.length === 0) return;
  if (unknown.length > Math.min(removeUnknownAtMost, counts.judged + counts.underWay)) {
    ports.log.error("Namespaces without any record are left: there are more of them than may be deleted unasked.", {
      cluster: cluster.name,
      namespaces: unknown.map(({ name }) => name),
    });
    return;
  }
  const removeOne = async (orphan: Orphan): Promise<void> => {
    if (await removeOrphan(orphan, api, ports, signal)) counts.removed += 1;
  };
  for (const orphan of unknown) await isolated(orphan.name, () => removeOne(orphan), check);
}
