import pLimit from "p-limit";
import type { Cluster } from "../domain/cluster.ts";
import { isAtRest, repair } from "../domain/repair.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { ClusterApi, ClusterTenants } from "../ports.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { confirm } from "./drift/confirm.ts";
import { type Bindings, bindingsOf, type Suspects, suspectsOf } from "./drift/judge.ts";
import { Namespaces, type Position, type SeenNamespace } from "./drift/namespaces.ts";
import { isDead, type Orphan, orphanOf, removeOrphans, tenantIdOf } from "./drift/orphans.ts";
import { recordIntent } from "./record-intent.ts";

export interface DriftPorts extends ReconcilePorts {
  tenants: ClusterTenants;
}

/** A wish to check a cluster; with `from`, to go on where an earlier invocation stopped. */
export interface DriftMessage {
  cluster: string;
  from?: Progress | undefined;
}

/** What a check has counted, over all its invocations. */
export interface Counts {
  namespaces: number;
  /** Tenants at rest that were compared. */
  judged: number;
  /** Tenants that are being worked on or paused, and left alone. */
  underWay: number;
  /** Tenants for which something was recorded. */
  drifted: number;
  /** Managed namespaces without a live record here, and those of them that were deleted. */
  orphans: number;
  removed: number;
}

export interface Progress extends Position {
  counts: Counts;
  /** Namespaces of which the table knows nothing, kept until the end: one more than may be deleted, at most. */
  unknown: Orphan[];
}

/** Tenants that are read and judged at once: what one BatchGet takes. */
const BATCH = 100;
/** Tenants whose grants are read at once. */
const GRANT_READS = 8;
/** Repairs under way at once. */
const REPAIRS = 8;

interface Check {
  cluster: Cluster;
  api: ClusterApi;
  ports: DriftPorts;
  signal: AbortSignal;
  counts: Counts;
  unknown: Orphan[];
}

/**
 * Compares a cluster with the records of its tenants: one paginated list of each kind and one batched read of each hundred
 * records; nothing is written where nothing differs. What differs is recorded as intent, and the reconcile mends it.
 * Answers where to go on when `enough` aborted; at least one batch is done by then, so it comes to its end.
 * `signal` ends every request. Throws `ClusterError`; then nothing is lost but the look.
 */
export async function checkDrift(
  { cluster: name, from }: DriftMessage,
  ports: DriftPorts,
  { enough, signal }: { enough: AbortSignal; signal: AbortSignal },
): Promise<{ counts: Counts; next?: Progress } | undefined> {
  const cluster = await ports.registry.get(name);
  if (cluster === undefined || cluster.paused === true) return undefined;
  const api = ports.clusters.connect(cluster);
  const lists = new AbortController();
  const namespaces = new Namespaces(cluster, api, ports.tenants, AbortSignal.any([signal, lists.signal]), from);
  const counts = from?.counts ?? { namespaces: 0, judged: 0, underWay: 0, drifted: 0, orphans: 0, removed: 0 };
  const check: Check = { cluster, api, ports, signal, counts, unknown: from?.unknown ?? [] };
  try {
    for (;;) {
      const seen = await namespaces.take(BATCH);
      if (seen.length === 0) break;
      await checkBatch(seen, check);
      if (enough.aborted) return { counts, next: { ...namespaces.position(), counts, unknown: check.unknown } };
    }
    await endUnknown(check);
    return { counts };
  } finally {
    lists.abort();
    await namespaces.settled();
  }
}

async function checkBatch(seen: SeenNamespace[], check: Check): Promise<void> {
  const { ports, counts } = check;
  const ids = seen.map(({ name }) => tenantIdOf(name)).filter((id) => id !== undefined);
  const tenants = await ports.tenants.getMany(ids);
  const limit = pLimit(REPAIRS);
  const dead: Orphan[] = [];
  const judged: { tenant: Tenant; one: SeenNamespace }[] = [];
  const repairs: Promise<void>[] = [];
  for (const one of seen) {
    const tenantId = tenantIdOf(one.name);
    const tenant = tenantId === undefined ? undefined : tenants.get(tenantId);
    if (one.namespace !== undefined) counts.namespaces += 1;
    if (tenant === undefined || isDead(tenant) || tenant.cluster !== check.cluster.name) {
      const orphan = orphanOf(one, ports.installation);
      if (orphan === undefined) continue;
      counts.orphans += 1;
      ports.log.warn("A namespace of this installation has no live tenant here.", { namespace: one.name, cluster: check.cluster.name });
      if (tenantId === undefined) continue;
      // One more than may be deleted tells that there are too many.
      if (tenant !== undefined && isDead(tenant)) dead.push(orphan);
      else if (tenant === undefined && check.unknown.length <= ports.platform.drift.removeUnknownAtMost) check.unknown.push(orphan);
      continue;
    }
    if (!isAtRest(tenant) || tenant.desired.paused === true) {
      counts.underWay += 1;
      continue;
    }
    counts.judged += 1;
    judged.push({ tenant, one });
  }
  const bindings = await bindingsOfAll(judged, check);
  for (const { tenant, one } of judged) {
    const suspects = suspectsOf(tenant, one, check.cluster, ports, tenant.hasGrants === true ? bindings.get(tenant.tenantId) : NO_BINDINGS);
    if (suspects !== undefined) repairs.push(limit(() => mend(tenant, suspects, check)));
  }
  // One that fails must not hide that the others ran: all end before it is thrown.
  const ended = await Promise.allSettled(repairs);
  counts.removed += await removeOrphans(dead, check.api, ports, check.signal);
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}

const NO_BINDINGS: Bindings = new Map();

/** Of those tenants that have grants, read side by side. */
async function bindingsOfAll(judged: { tenant: Tenant }[], { cluster, ports }: Check): Promise<Map<string, Bindings>> {
  const limit = pLimit(GRANT_READS);
  const granted = judged.filter(({ tenant }) => tenant.hasGrants === true);
  const reads = granted.map(({ tenant }) => limit(async () => [tenant.tenantId, await bindingsOf(tenant, cluster, ports)] as const));
  return new Map(await Promise.all(reads));
}

/**
 * Confirms, removes what must go, and records. A crash between the last two leaves the object removed, and the next check
 * finds it missing; of a foreign one only the log tells then.
 */
async function mend({ tenantId }: Tenant, suspects: Suspects, { cluster, api, ports, signal, counts }: Check): Promise<void> {
  const confirmed = await confirm(tenantId, suspects, cluster, api, ports, signal);
  if (confirmed === undefined) return;
  const { findings, remove } = confirmed;
  ports.log.warn("A tenant drifted.", { tenantId, cluster: cluster.name, objects: findings.objects, foreign: findings.foreign });
  for (const { ref, ...as } of remove) await api.delete(ref, as, signal);
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
async function endUnknown({ unknown, counts, api, ports, signal, cluster }: Check): Promise<void> {
  const { removeUnknownAtMost } = ports.platform.drift;
  if (unknown.length === 0) return;
  if (unknown.length > Math.min(removeUnknownAtMost, counts.judged + counts.underWay)) {
    ports.log.error("Namespaces without any record are left: there are more of them than may be deleted unasked.", {
      cluster: cluster.name,
      namespaces: unknown.map(({ name }) => name),
    });
    return;
  }
  counts.removed += await removeOrphans(unknown, api, ports, signal);
}
