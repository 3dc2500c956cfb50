import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import { say } from "../domain/outbox.ts";
import type { Tenant, Timestamp } from "../domain/tenant.ts";
import { type ReconcileMessage, type SlotPool, unlessMoved, WriteConflict } from "../ports.ts";
import { busyPauseMs } from "./busy.ts";
import { converge } from "./converge.ts";
import type { Outcome } from "./decide.ts";
import { expired, tearDownExpired } from "./expiry.ts";
import { abandonGrants } from "./forget-grants.ts";
import { placement } from "./placement.ts";
import type { ReconcilePorts } from "./ports.ts";
import { heldByCluster, newWork, PAUSED, takeUp, unplacedOutcome, type Work, withProgress } from "./round.ts";
import type { Run } from "./run.ts";
import { settle } from "./settle.ts";
import { giveBackUnrecorded } from "./take-down.ts";
import { forgetSleepers } from "./sleepers.ts";

/** Longest pause before another round where the record keeps moving, milliseconds. */
const CONFLICT_MS = 1_000;
/** A requeue sooner than this also goes by a delayed message, milliseconds. */
const MESSAGE_MS = 15 * 60_000;

/**
 * Brings the cluster to the record, for a tenant whose lease `run` holds, and records what came of it.
 * Answers the record as it then stands. Whatever dies on the way, the due time set with the lease stands.
 * When `run.signal` aborts, every request ends, the lease goes back with due now, and only then it returns.
 */
export async function reconcile(leased: Tenant, run: Run, ports: ReconcilePorts): Promise<Tenant> {
  let record = leased;
  /** A round whose write met a conflict: what it did in the cluster is recorded before the next one begins. */
  let interrupted: Work | undefined;
  for (let conflicts = 0; ; conflicts++) {
    await pauseAfter(conflicts, run, ports);
    const work = newWork(record);
    try {
      if (run.signal.aborted) return await handBack(interrupted ?? work, record, run, ports, 0);
      await takeUp(work, interrupted, ports.store);
      interrupted = undefined;
      return await round(work, run, ports);
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
    }
    interrupted ??= work;
    const fresh = await ports.store.get(record.tenantId);
    if (fresh?.lease?.owner !== run.owner) return leaseLost(interrupted, fresh, ports);
    record = fresh;
  }
}

/** The first conflict is an intent that came meanwhile: on at once. More of them wait for each other. */
async function pauseAfter(conflicts: number, { signal }: Run, { random }: ReconcilePorts): Promise<void> {
  const pauseMs = conflicts < 2 ? 0 : random() * Math.min(CONFLICT_MS, 20 * 2 ** conflicts);
  if (pauseMs >= 1) await sleep(pauseMs, undefined, { signal }).catch(() => {});
}

/** One round, and its record. Throws `WriteConflict` where the record moved meanwhile. */
async function round(work: Work, run: Run, ports: ReconcilePorts): Promise<Tenant> {
  try {
    const outcome = await workOnce(work, run, ports);
    if (outcome === "busy") return await handBackBusy(work, run, ports);
    work.round.outcome = outcome;
  } catch (error) {
    return failUnforeseen(error, work, run, ports);
  }
  if (run.signal.aborted && work.round.outcome.kind === "failed") return handBack(work, work.record, run, ports, 0);
  // What the table refuses of a round (an item too large, say) it refuses again: the failure alone is small.
  return finish(work, ports).catch((error: unknown) => failUnforeseen(error, newWork(work.record, work.round.cluster), run, ports));
}

/**
 * An error that nobody foresaw is a failure like any other: told, and tried again after a growing pause. A write whose answer was lost may
 * have taken effect, so the record is read again first. Throws `WriteConflict`.
 */
async function failUnforeseen(error: unknown, work: Work, run: Run, ports: ReconcilePorts): Promise<Tenant> {
  if (error instanceof WriteConflict) throw error;
  const { record: before, round } = work;
  const { tenantId } = before;
  ports.log.error("A round ended in an error that nobody foresaw.", {
    tenantId,
    error: error instanceof Error ? error.stack : String(error),
  });
  const reason = error instanceof TenantryError ? error.code : "Internal";
  const record = await ports.store.get(tenantId);
  if (record?.lease?.owner !== run.owner) return leaseLost(work, record, ports);
  if (record.generation !== before.generation) throw new WriteConflict("The record moved.");
  if (run.signal.aborted) return handBack(work, record, run, ports, 0);
  return finish({ record, round: { ...round, outcome: { kind: "failed", reason, message: String(error), blocked: false } } }, ports);
}

async function workOnce(work: Work, run: Run, ports: ReconcilePorts): Promise<Outcome | "busy"> {
  const now = ports.clock.now().toISOString();
  if (work.record.desired.paused === true) return PAUSED;
  if (expired(work.record, now)) work.record = await tearDownExpired(work.record, now, ports);
  const placed = await placement(work.record, ports);
  if (!("cluster" in placed)) {
    work.round.unplaced = placed;
    const outcome = unplacedOutcome(work.record, placed, ports.platform);
    // A decommission without a cluster ends with its grants and its sleeping workloads forgotten.
    if (outcome.kind === "done") {
      work.round.mappings = await abandonGrants(work.record, ports.store);
      if (work.record.status.sleepers !== undefined) await forgetSleepers(work, ports.store);
    }
    return outcome;
  }
  const { cluster } = placed;
  work.record = placed.record;
  work.round.cluster = cluster;
  if (cluster.paused === true) return heldByCluster(cluster);
  const slot = await acquireSlot(cluster, run, ports);
  if (slot === undefined) return "busy";
  try {
    return await converge(work, cluster, run, ports);
  } finally {
    await releaseSlot(cluster, slot, run, ports);
  }
}

const reconciles = ({ name }: Cluster, { platform, slotShare = 1 }: ReconcilePorts): SlotPool => ({
  name,
  size: Math.max(1, Math.floor(platform.cluster.concurrency * slotShare)),
});

/** A slot of the cluster; none where it has no free one, or the table refuses to tell: the lease goes back either way. */
async function acquireSlot(cluster: Cluster, run: Run, ports: ReconcilePorts): Promise<number | undefined> {
  const now = ports.clock.now().toISOString();
  return ports.slots.acquire(reconciles(cluster, ports), run.owner, run.leaseUntil, now).catch((error: unknown) => {
    ports.log.warn("No slot could be taken; the tenant is tried again.", { cluster: cluster.name, error: String(error) });
    return undefined;
  });
}

/** A slot that cannot be given back is free once its time is past: what was done with it counts all the same. */
async function releaseSlot(cluster: Cluster, slot: number, run: Run, ports: ReconcilePorts): Promise<void> {
  await ports.slots.release(reconciles(cluster, ports), slot, run.owner).catch((error: unknown) => {
    ports.log.warn("A slot was not given back; it is free again at its time.", { cluster: cluster.name, slot, error: String(error) });
  });
}

/** Records a round: one transaction, conditional on the generation and the lease that it started from. Throws `WriteConflict`. */
async function finish({ record, round }: Work, ports: ReconcilePorts): Promise<Tenant> {
  const now = ports.clock.now().toISOString();
  const { after, said, grants } = settle(record, round, { now, random: ports.random(), platform: ports.platform });
  const spoken = say(after, said, { now, newId: ports.newId, auditDays: ports.platform.retentionDays.audit });
  await ports.store.write({ before: record, after: spoken.after, lease: "hold", events: spoken.events, grants });
  const { tenantId, dueAt } = spoken.after;
  if (dueAt !== undefined) await remind({ tenantId, dueAt }, now, ports);
  return spoken.after;
}

/**
 * Gives the lease back unfinished, with what `work` did so far: due after `afterMs`, and a message so that it need not wait
 * for the sweep. `record` is what is stored.
 */
async function handBack(work: Work, record: Tenant, run: Run, ports: ReconcilePorts, afterMs: number, handBacks?: number): Promise<Tenant> {
  const { tenantId } = record;
  const now = ports.clock.now();
  const dueAt = new Date(now.getTime() + afterMs).toISOString();
  const after = { ...withProgress(work, record), dueAt, lease: undefined };
  const written = await unlessMoved(ports.store.write({ before: record, after, lease: "hold" }));
  if (!written && !(await ports.store.release(tenantId, run.owner, dueAt))) return leaseLost(work, await ports.store.get(tenantId), ports);
  await remind({ tenantId, dueAt, handBacks }, now.toISOString(), ports);
  return { ...record, dueAt, lease: undefined };
}

/** The lease is another's by now: its present owner, or the due time, finishes this. */
async function leaseLost(work: Work, fresh: Tenant | undefined, ports: ReconcilePorts): Promise<Tenant> {
  await giveBackUnrecorded(work, fresh, ports);
  return fresh ?? work.record;
}

/** The same where the cluster has no free slot, after a pause that grows each time in a row. */
function handBackBusy(work: Work, run: Run, ports: ReconcilePorts): Promise<Tenant> {
  const handBacks = run.handBacks ?? 0;
  return handBack(work, work.record, run, ports, busyPauseMs(handBacks, ports.random()), handBacks + 1);
}

/** A lost message costs nothing but the wait for the sweep: the due time stands. */
async function remind(message: ReconcileMessage, now: Timestamp, { queue, log }: ReconcilePorts): Promise<void> {
  const delayMs = Date.parse(message.dueAt) - Date.parse(now);
  if (delayMs >= MESSAGE_MS) return;
  await queue.send([message], { delaySeconds: delayMs / 1_000 }).catch((error: unknown) => {
    log.warn("No reminder was sent; the sweep will find the tenant.", { tenantId: message.tenantId, error: String(error) });
  });
}
