import pLimit from "p-limit";
import type { AccessQueue, Clock, DueIndex, DueItem, DueKind, ReconcileQueue } from "../ports.ts";

export interface SweepPorts {
  index: DueIndex;
  queue: ReconcileQueue;
  accessQueue: AccessQueue;
  clock: Clock;
}

/** What a sweep saw and did. */
export interface Swept {
  due: number;
  claimed: number;
  /** Age of the oldest due item, seconds; 0 where nothing was due. */
  oldestAgeSeconds: number;
}

/** How far a claim moves the due time: the message has this long to be worked on before it counts as lost, milliseconds. */
const CLAIM_MS = 5 * 60_000;
/** Items of one shard that one query reads. */
const PAGE = 100;
/** Claims under way at once. */
const CLAIMS = 32;

/** The certain path: claims all tenants and all access work that are due, and enqueues them. Stops taking new ones when `signal` aborts. */
export async function sweepDue(ports: SweepPorts, signal: AbortSignal): Promise<Swept> {
  return total(await Promise.all([sweepTenants(ports, signal), sweepAccess(ports, signal)]));
}

function sweepAccess({ index, accessQueue, clock }: SweepPorts, signal: AbortSignal): Promise<Swept> {
  return allShards(index, (shard) =>
    sweepShard(
      index,
      "access",
      shard,
      clock,
      signal,
      async ({ pk, sk, dueAt }, claimedUntil) =>
        (await index.claim({ pk, sk, dueAt }, claimedUntil)) ? { pk, sk, dueAt: claimedUntil } : undefined,
      (items) => accessQueue.send(items),
    ),
  );
}

function sweepTenants({ index, queue, clock }: SweepPorts, signal: AbortSignal): Promise<Swept> {
  return allShards(index, (shard) =>
    sweepShard(
      index,
      "tenant",
      shard,
      clock,
      signal,
      async (item, claimedUntil) => {
        if (!(await index.claim(item, claimedUntil))) return undefined;
        return { tenantId: item.pk.slice("TENANT#".length), dueAt: claimedUntil };
      },
      (messages) => queue.send(messages, { bulk: true }),
    ),
  );
}

/**
 * Goes through what is due in one shard, page by page: `take` claims an item, `done` handles what a page claimed.
 * A page that claimed nothing is the last: the index is behind, or others are at it.
 */
export async function sweepShard<T>(
  index: DueIndex,
  kind: DueKind,
  shard: number,
  clock: Clock,
  signal: AbortSignal,
  take: (item: DueItem, claimedUntil: string) => Promise<T | undefined>,
  done: (taken: T[]) => Promise<void>,
): Promise<Swept> {
  const limit = pLimit(CLAIMS);
  const swept: Swept = { due: 0, claimed: 0, oldestAgeSeconds: 0 };
  while (!signal.aborted) {
    const now = clock.now();
    const items = await index.due(kind, shard, now.toISOString(), PAGE);
    const [oldest] = items;
    if (oldest === undefined) break;
    swept.oldestAgeSeconds = Math.max(swept.oldestAgeSeconds, (now.getTime() - Date.parse(oldest.dueAt)) / 1_000);
    const claimedUntil = new Date(now.getTime() + CLAIM_MS).toISOString();
    const claims = await Promise.allSettled(items.map((item) => limit(() => take(item, claimedUntil))));
    const taken = claims.flatMap((claim) => (claim.status === "fulfilled" && claim.value !== undefined ? [claim.value] : []));
    // What was claimed is handled before a claim that failed ends the sweep: it would wait in vain for its claim to lapse.
    if (taken.length > 0) await done(taken);
    allOf(claims);
    swept.due += items.length;
    swept.claimed += taken.length;
    if (taken.length === 0 || items.length < PAGE) break;
  }
  return swept;
}

/** Sweeps every shard to its end, also where one fails: nothing goes on past the return. Throws the first failure. */
export async function allShards({ shards }: DueIndex, sweep: (shard: number) => Promise<Swept>): Promise<Swept> {
  return total(allOf(await Promise.allSettled(Array.from({ length: shards }, (_, shard) => sweep(shard)))));
}

/** The values of what has settled. Throws the first failure. */
function allOf<T>(settled: PromiseSettledResult<T>[]): T[] {
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

function total(parts: Swept[]): Swept {
  return parts.reduce(
    (sum, part) => ({
      due: sum.due + part.due,
      claimed: sum.claimed + part.claimed,
      oldestAgeSeconds: Math.max(sum.oldestAgeSeconds, part.oldestAgeSeconds),
    }),
    { due: 0, claimed: 0, oldestAgeSeconds: 0 },
  );
}
