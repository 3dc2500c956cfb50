import pLimit from "p-limit";
import type { AccessQueue, Clock, DueIndex, DueItem, DueKind, Pause, ReconcileQueue } from "../ports.ts";
import { allOf, whenAllEnded } from "../reconcile/when-all-ended.ts";

export interface SweepPorts {
  index: DueIndex;
  queue: ReconcileQueue;
  accessQueue: AccessQueue;
  clock: Clock;
  pause: Pause;
}

/** What goes through the index. */
export type IndexPorts = Pick<SweepPorts, "index" | "clock" | "pause">;

/** What a sweep saw and did. */
export interface Swept {
  due: number;
  claimed: number;
  /** How long the oldest due item has waited for its work to be done, seconds; 0 where nothing was due. */
  oldestAgeSeconds: number;
}

/** How far a claim moves the due time: the message has this long to be worked on before it counts as lost, milliseconds. */
const CLAIM_MS = 5 * 60_000;
/** Items of one shard that one query reads. */
const PAGE = 100;
/** Claims under way at once. */
const CLAIMS = 32;
/**
 * The least time that a page of one shard takes, milliseconds: all of a shard's due times are under one key of the index, a claim
 * writes there twice, and an index that throttles holds up every write to the table.
 */
const PAGE_MS = 1_000;

/** The certain path: claims all tenants and all access work that are due, and enqueues them. Stops taking new ones when `signal` aborts. */
export async function sweepDue(ports: SweepPorts, signal: AbortSignal): Promise<Swept> {
  const { queue, accessQueue } = ports;
  const tenants = sweepKind("tenant", ports, signal, (claimed) =>
    queue.send(
      claimed.map(({ pk, dueAt }) => ({ tenantId: pk.slice("TENANT#".length), dueAt })),
      { bulk: true },
    ),
  );
  const access = sweepKind("access", ports, signal, (claimed) => accessQueue.send(claimed));
  return total(await whenAllEnded([tenants, access]));
}

/**
 * Sweeps every shard of a kind to its end, also where one fails: nothing goes on past the return. Throws the first failure.
 * @param handle takes what a page claimed, each item with the due time that it was claimed until
 */
export async function sweepKind(
  kind: DueKind,
  ports: IndexPorts,
  signal: AbortSignal,
  handle: (claimed: DueItem[]) => Promise<void>,
): Promise<Swept> {
  const shards = Array.from({ length: ports.index.shards }, (_, shard) => sweepShard(kind, shard, ports, signal, handle));
  return total(await whenAllEnded(shards));
}

/** Goes through what is due in one shard, page by page. A page that claimed nothing is the last: the index is behind, or others are at it. */
async function sweepShard(
  kind: DueKind,
  shard: number,
  { index, clock, pause }: IndexPorts,
  signal: AbortSignal,
  handle: (claimed: DueItem[]) => Promise<void>,
): Promise<Swept> {
  const limit = pLimit(CLAIMS);
  const swept: Swept = { due: 0, claimed: 0, oldestAgeSeconds: 0 };
  while (!signal.aborted) {
    const now = clock.now();
    const items = await index.due(kind, shard, now.toISOString(), PAGE);
    const dueAt = new Date(now.getTime() + CLAIM_MS).toISOString();
    const claims = await Promise.allSettled(
      items.map((item) =>
        limit(async () => {
          const since = await index.claim(item, dueAt);
          return since === undefined ? [] : [{ since, item: { ...item, dueAt } }];
        }),
      ),
    );
    const claimed = claims.flatMap((claim) => (claim.status === "fulfilled" ? claim.value : []));
    // What was claimed is handled before a claim that failed ends the sweep: it would wait in vain for its claim to lapse.
    if (claimed.length > 0) await handle(claimed.map(({ item }) => item));
    allOf(claims);
    const waiting = [...items.slice(0, 1).map((item) => item.dueAt), ...claimed.map(({ since }) => since)];
    swept.oldestAgeSeconds = Math.max(swept.oldestAgeSeconds, ...waiting.map((since) => (now.getTime() - Date.parse(since)) / 1_000));
    swept.due += items.length;
    swept.claimed += claimed.length;
    if (claimed.length === 0 || items.length < PAGE) break;
    await pause(PAGE_MS - (clock.now().getTime() - now.getTime()), signal);
  }
  return swept;
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
