import { say } from "../domain/outbox.ts";
import { afterRepair } from "../domain/repair.ts";
import type { Status, Tenant, Timestamp } from "../domain/tenant.ts";
import { WriteConflict } from "../ports.ts";
import { converge } from "./converge.ts";
import { expired, tearDownExpired } from "./expiry.ts";
import { abandonGrants } from "./forget-grants.ts";
import { placement } from "./placement.ts";
import type { ReconcilePorts } from "./ports.ts";
import { heldRound, pausedRound, unplacedRound } from "./round.ts";
import type { Run } from "./run.ts";
import { progress, type Round, settle } from "./settle.ts";

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
  let status = afterRepair(leased);
  for (;;) {
    if (run.signal.aborted) return handBack(record, run, ports, 0);
    const end = await round(record, status, run, ports);
    if (!("moved" in end)) return end.tenant;
    const fresh = await ports.store.get(record.tenantId);
    // The lease was lost: its present owner, or the due time, finishes this.
    if (fresh?.lease?.owner !== run.owner) return fresh ?? record;
    record = fresh;
    status = afterRepair(fresh, end.moved ?? fresh.status);
  }
}

/** A round's end: the tenant as it stands, or `moved`, as its record did, with the progress to go on from. */
type RoundEnd = { tenant: Tenant } | { moved: Status | undefined };

async function round(record: Tenant, status: Status, run: Run, ports: ReconcilePorts): Promise<RoundEnd> {
  const now = ports.clock.now().toISOString();
  if (record.desired.paused === true) return finish(record, status, pausedRound(), ports);
  if (expired(record, now)) return guarded(tearDownExpired(record, now, ports));
  const placed = await placement(record, ports);
  if (placed === "moved") return { moved: undefined };
  if (!("cluster" in placed)) return unplaced(record, status, unplacedRound(record, placed, ports.platform), ports);
  const { cluster, record: current } = placed;
  if (cluster.paused === true) return finish(current, status, heldRound(cluster), ports);
  const pool = { name: cluster.name, size: ports.platform.cluster.concurrency };
  const slot = await ports.slots.acquire(pool, run.owner, run.leaseUntil, now);
  if (slot === undefined) return { tenant: await handBack(current, run, ports, BUSY_MS * (0.2 + 0.8 * ports.random())) };
  try {
    const converged = await converge(current, status, cluster, run, ports);
    if (converged === "moved") return { moved: undefined };
    if (run.signal.aborted && converged.round.outcome.kind === "failed") return { tenant: await handBack(converged.record, run, ports, 0) };
    return await finish(converged.record, status, converged.round, ports);
  } finally {
    await ports.slots.release(pool, slot, run.owner);
  }
}

/** A decommission without a cluster ends with its grants forgotten. */
async function unplaced(record: Tenant, status: Status, result: Round, ports: ReconcilePorts): Promise<RoundEnd> {
  if (record.desired.state !== "Deleted" || result.outcome.kind !== "done") return finish(record, status, result, ports);
  const abandoned = await abandonGrants(record, ports.store, ports.clock.now().toISOString());
  return abandoned === "moved" ? { moved: undefined } : finish(record, status, { ...result, mappings: abandoned.left }, ports);
}

/** A write of intent by the heart itself: either way, the record is read again. */
async function guarded(write: Promise<void>): Promise<RoundEnd> {
  await write.catch((error: unknown) => {
    if (!(error instanceof WriteConflict)) throw error;
  });
  return { moved: undefined };
}

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
