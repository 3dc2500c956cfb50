import type { Cluster } from "../domain/cluster.ts";
import { say } from "../domain/outbox.ts";
import { place } from "../domain/placement.ts";
import type { Status, Tenant, Timestamp } from "../domain/tenant.ts";
import { objectKey, tenantObjects } from "../manifests/index.ts";
import { ClusterError, type ClusterApi, WriteConflict } from "../ports.ts";
import { decide, type Outcome } from "./decide.ts";
import { observe } from "./observe.ts";
import { perform } from "./perform.ts";
import type { ReconcilePorts } from "./ports.ts";
import { evenly } from "./evenly.ts";
import type { Run } from "./run.ts";
import { namespaceLost, progress, type Round, settle } from "./settle.ts";

/** Longest pause before another try where a cluster has no free slot, milliseconds. */
const BUSY_MS = 5_000;
/** A requeue sooner than this also goes by a delayed message, milliseconds. */
const MESSAGE_MS = 15 * 60_000;

/**
 * Brings the cluster to the record, for a tenant whose lease `run` holds, and records what came of it.
 * Answers the record as it then stands. Whatever dies on the way, the due time set with the lease stands.
 * When `run.signal` aborts, every request ends, the lease goes back with due now, and only then it returns.
 */
export async function reconcile(leased: Tenant, run: Run, ports: ReconcilePorts): Promise<Tenant> {
  let record = leased;
  let status = leased.status;
  for (;;) {
    if (run.signal.aborted) return handBack(record, run, ports, 0);
    const end = await round(record, status, run, ports);
    if (!("moved" in end)) return end.tenant;
    const fresh = await ports.store.get(record.tenantId);
    // The lease was lost: its present owner, or the due time, finishes this.
    if (fresh?.lease?.owner !== run.owner) return fresh ?? record;
    record = fresh;
    status = end.moved ?? fresh.status;
  }
}

/** A round's end: the tenant as it stands, or `moved`, as its record did, with the progress to go on from. */
type RoundEnd = { tenant: Tenant } | { moved: Status | undefined };

async function round(record: Tenant, status: Status, run: Run, ports: ReconcilePorts): Promise<RoundEnd> {
  const placed = await placement(record, ports);
  if (placed === "moved") return { moved: undefined };
  if (!("cluster" in placed)) {
    const away = record.desired.state === "Deleted" && record.cluster === undefined;
    return finish(record, status, unplaced(placed, away, ports), ports);
  }
  const { cluster, record: current } = placed;
  const slot = await ports.slots.acquire(cluster.name, run.owner, run.leaseUntil, ports.clock.now().toISOString());
  if (slot === undefined) return { tenant: await handBack(current, run, ports, BUSY_MS * (0.2 + 0.8 * ports.random())) };
  try {
    const result = await converge({ ...current, status }, cluster, run, ports);
    if (run.signal.aborted && result.outcome.kind === "failed") return { tenant: await handBack(current, run, ports, 0) };
    return await finish(current, status, result, ports);
  } finally {
    await ports.slots.release(cluster.name, slot, run.owner);
  }
}

type Placed = { record: Tenant; cluster: Cluster } | { reason: string; message: string } | "moved";

/** The tenant's cluster; chosen, and recorded, before anything is applied there. */
async function placement(tenant: Tenant, { store, registry, platform }: ReconcilePorts): Promise<Placed> {
  if (tenant.cluster !== undefined) {
    const cluster = await registry.get(tenant.cluster);
    return cluster === undefined
      ? { reason: "ClusterGone", message: `Cluster "${tenant.cluster}" is not in the registry.` }
      : { record: tenant, cluster };
  }
  if (tenant.desired.state === "Deleted") return { reason: "NeverPlaced", message: "The tenant was never placed." };
  const choice = place(tenant, await registry.list(), platform, evenly);
  if (!("cluster" in choice)) return choice;
  const after = { ...tenant, cluster: choice.cluster.name };
  try {
    await store.write({ before: tenant, after, lease: "hold" });
    return { record: after, cluster: choice.cluster };
  } catch (error) {
    if (error instanceof WriteConflict) return "moved";
    throw error;
  }
}

function unplaced(why: { reason: string; message: string }, away: boolean, { platform }: ReconcilePorts): Round {
  const outcome: Outcome = away
    ? { kind: "done" }
    : why.reason === "ClusterGone"
      ? { kind: "failed", ...why, blocked: true }
      : { kind: "requeue", afterMs: platform.retry.placementMs, ...why };
  return { cluster: undefined, unplaced: why, namespace: "unread", wanted: [], performed: { applied: {}, errors: {} }, outcome };
}

/** Observe, decide, apply. Nothing is thrown but what is nobody's fault outside. */
async function converge(tenant: Tenant, cluster: Cluster, run: Run, ports: ReconcilePorts): Promise<Round> {
  const objects = tenant.desired.state === "Active" ? tenantObjects(tenant, ports.platform, cluster, ports.installation) : [];
  const base = { cluster, wanted: objects.map((object) => ({ key: objectKey(object), kind: object.kind ?? "" })) };
  let api: ClusterApi;
  try {
    api = ports.clusters.connect(cluster);
    const namespace = await observe(tenant, api, ports.installation, run.signal);
    const plan = decide(tenant, namespace, objects);
    const performed = await perform(plan, api, run.signal);
    return { ...base, namespace, performed, outcome: outcomeOf(plan.outcome, performed) };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return {
      ...base,
      namespace: "unread",
      performed: { applied: {}, errors: {} },
      outcome: failed(error.reason, `Cluster "${cluster.name}": ${error.message}`),
    };
  }
}

function outcomeOf(planned: Outcome, performed: Round["performed"]): Outcome {
  if (namespaceLost(performed)) {
    return {
      kind: "requeue",
      afterMs: 0,
      reason: "NamespaceLost",
      message: "The namespace was removed by someone else; it is made again.",
    };
  }
  const [first, ...more] = Object.entries(performed.errors);
  if (first === undefined) return planned;
  const [key, error] = first;
  return failed(error.reason, `${key}: ${error.message}${more.length > 0 ? ` (and ${more.length} more)` : ""}`);
}

const failed = (reason: string, message: string): Outcome => ({ kind: "failed", reason, message, blocked: false });

/** Records a round: one transaction, conditional on the generation and the lease that it started from. */
async function finish(record: Tenant, status: Status, result: Round, ports: ReconcilePorts): Promise<RoundEnd> {
  const now = ports.clock.now().toISOString();
  const tenant = { ...record, status };
  const { after, said } = settle(tenant, result, { now, random: ports.random(), platform: ports.platform });
  const spoken = say(after, said, { now, newId: ports.newId, auditDays: ports.platform.retentionDays.audit });
  try {
    await ports.store.write({ before: record, after: spoken.after, lease: "hold", events: spoken.events });
  } catch (error) {
    if (error instanceof WriteConflict) return { moved: progress(tenant, result) };
    throw error;
  }
  await remind(spoken.after.tenantId, spoken.after.dueAt, now, ports);
  return { tenant: spoken.after };
}

/** Gives the lease back unfinished: due after `afterMs`, and a message so that it need not wait for the sweep. */
async function handBack(tenant: Tenant, run: Run, ports: ReconcilePorts, afterMs: number): Promise<Tenant> {
  const now = ports.clock.now();
  const dueAt = new Date(now.getTime() + afterMs).toISOString();
  if (!(await ports.store.release(tenant.tenantId, run.owner, dueAt))) return (await ports.store.get(tenant.tenantId)) ?? tenant;
  await remind(tenant.tenantId, dueAt, now.toISOString(), ports);
  return { ...tenant, dueAt, lease: undefined };
}

/** A lost message costs nothing but the wait for the sweep: the due time stands. */
async function remind(tenantId: string, dueAt: Timestamp | undefined, now: Timestamp, { queue, log }: ReconcilePorts): Promise<void> {
  if (dueAt === undefined) return;
  const delayMs = Date.parse(dueAt) - Date.parse(now);
  if (delayMs >= MESSAGE_MS) return;
  await queue.send([{ tenantId, dueAt }], { delaySeconds: delayMs / 1_000 }).catch((error: unknown) => {
    log.warn("No reminder was sent; the sweep will find the tenant.", { tenantId, error: String(error) });
  });
}
