import pLimit from "p-limit";
import type { Platform } from "../domain/platform.ts";
import {
  count,
  failsTooOften,
  newWave,
  noTally,
  type RevisionTarget,
  type RevisionWave,
  revisionStandingOf,
  sumOf,
  type WaveShard,
} from "../domain/revision-wave.ts";
import { earliest, type Timestamp, waitingSince } from "../domain/tenant.ts";
import { targetRevision } from "../manifests/index.ts";
import { whenAllEnded } from "../reconcile/when-all-ended.ts";
import {
  type Clock,
  type ReconcileMessage,
  type ReconcileQueue,
  type RevisionIndex,
  type RevisionLog,
  type TenantStore,
  WriteConflict,
} from "../ports.ts";

export interface RevisePorts {
  index: RevisionIndex;
  log: RevisionLog;
  store: Pick<TenantStore, "get" | "write">;
  queue: ReconcileQueue;
  clock: Clock;
  platform: Platform;
}

/** What a tick did. */
export interface Revised {
  status: RevisionWave["status"];
  asked: number;
}

/** Pages of one shard of the list that one tick reads at the most. */
const PAGES = 10;
/** Tenants being made due at once. */
const ASKS = 16;

/**
 * One tick of the wave that brings tenants to the revision of the deployed config and generators.
 *
 *     read the wave and the clusters ── all checked, or stopped: nothing more (one read)
 *       │
 *       ├─ walk the list, a bounded part of each shard: count, and find who waits
 *       ├─ too many of those made due failed: stop, until a person resumes
 *       ├─ make as many due as a minute may take: one guarded write and one message each
 *       └─ write the wave: how far each shard is; a shard whose whole pass found nothing to do is done
 *
 * A tick that dies leaves its marks on the tenants that it made due; the next one counts them. Two at once send a void
 * message at the most. Whatever the wave misses is not lost: each tenant's own next reconcile applies the present revision.
 */
export async function reviseTenants(ports: RevisePorts, signal: AbortSignal): Promise<Revised> {
  const { clock, platform } = ports;
  const { wave: before, clusters } = await ports.log.read();
  const target = targetRevision(platform, clusters);
  const fresh = before?.target !== target.target;
  if (!fresh && before?.status !== "running") return { status: before?.status ?? "done", asked: 0 };
  const now = clock.now().toISOString();
  const wave = fresh ? opened(target.target, ports, now, before?.version ?? 0) : structuredClone(before as RevisionWave);
  const waiting = await walk(wave, target, ports, signal);
  const tally = sumOf(wave.shards.map((shard) => shard.tally));
  if (wave.status === "running" && failsTooOften(tally, wave.forgiven, platform.revisions.failureShare)) {
    wave.status = "stopped";
    wave.reason = `${tally.askedFailed} of ${tally.asked} tenants that were made due failed. See GET /tenants?phase=Failed and phase=Blocked.`;
  }
  const asked = wave.status === "running" ? await ask(waiting, target.target, now, ports) : [];
  if (wave.status === "running" && wave.shards.every(({ done }) => done)) wave.status = "done";
  await ports.log.write({ ...wave, updatedAt: now, version: wave.version + 1 }, before?.version).catch((error: unknown) => {
    // Another tick, or a resume, was faster: it knows as much.
    if (!(error instanceof WriteConflict)) throw error;
  });
  return { status: wave.status, asked: asked.length };
}

/** Where waves do not begin by themselves, a new one has counted what it would do, and waits. */
function opened(target: string, { index, platform }: RevisePorts, now: Timestamp, version: number): RevisionWave {
  const wave = newWave(target, index.shards, now, version);
  if (platform.revisions.automatic) return wave;
  return { ...wave, status: "stopped", reason: "It waits for a person: GET /revisions counts it, POST /revisions/resume begins it." };
}

/** Goes on through the shards that are not done; answers who waits, as many as a minute may take. */
async function walk(wave: RevisionWave, target: RevisionTarget, ports: RevisePorts, signal: AbortSignal): Promise<string[]> {
  const waiting: string[] = [];
  for (const [number, shard] of wave.shards.entries()) {
    for (let page = 0; page < PAGES && !shard.done && !signal.aborted; page++) {
      const wait = await readPage(shard, number, target, ports);
      waiting.push(...wait.slice(0, ports.platform.revisions.tenantsPerMinute - waiting.length));
      // The pass is over; where it found work, the next tick begins another.
      if (shard.after === undefined) break;
    }
  }
  return waiting;
}

/** Reads on in a shard, and counts into it; answers who waits there. */
async function readPage(shard: WaveShard, number: number, target: RevisionTarget, { index, clock }: Pick<RevisePorts, "index" | "clock">) {
  if (shard.after === undefined) Object.assign(shard, { tally: noTally(), clean: true });
  const { entries, next } = await index.page(number, shard.after);
  const waiting: string[] = [];
  for (const entry of entries) {
    const standing = revisionStandingOf(entry, target, clock.now());
    count(shard.tally, entry, standing, target);
    if (standing === "waiting") waiting.push(entry.tenantId);
    if (standing === "waiting" || standing === "underWay") shard.clean = false;
  }
  shard.after = next;
  shard.done = next === undefined && shard.clean;
  return waiting;
}

/** Makes tenants due now, and sends for them on the bulk queue. */
async function ask(tenantIds: string[], target: string, now: Timestamp, { store, queue }: RevisePorts): Promise<ReconcileMessage[]> {
  const limit = pLimit(ASKS);
  const messages = (await whenAllEnded(tenantIds.map((id) => limit(() => askOne(id, target, now, store))))).filter(
    (one) => one !== undefined,
  );
  if (messages.length > 0) await queue.send(messages, { bulk: true });
  return messages;
}

/**
 * The generation stays: nothing else is wanted of the tenant than before. So the write must not pass beside a reconcile
 * at work, whose end would take the due time away: it holds only while nobody has the lease.
 */
async function askOne(
  tenantId: string,
  target: string,
  now: Timestamp,
  store: RevisePorts["store"],
): Promise<ReconcileMessage | undefined> {
  const before = await store.get(tenantId);
  // It may have gone since the list was read: what a tombstone says stays as it is.
  if (before === undefined || before.lease !== undefined || before.desired.state === "Deleted") return undefined;
  const timers = { ...before.timers, work: now };
  const dueAt = earliest(timers) ?? now;
  try {
    await store.write({
      before,
      after: { ...before, revisionAsked: { target, at: now }, timers, dueAt, dueSince: waitingSince(before, now) },
      lease: "take",
    });
    return { tenantId, dueAt };
  } catch (error) {
    // Somebody is at it: it converges to the present revision anyway, or is found again.
    if (error instanceof WriteConflict) return undefined;
    throw error;
  }
}
