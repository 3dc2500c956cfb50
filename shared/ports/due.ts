import type { Timestamp } from "../domain/tenant.ts";

/** What may be due: `access` is all that access has (grants that end, groups, users, webhooks' messages). */
export type DueKind = "tenant" | "event" | "access";

/** An item whose time has come, as the sparse index tells it (maybe stale). */
export interface DueItem {
  pk: string;
  sk: string;
  dueAt: Timestamp;
}

export interface DueIndex {
  readonly shards: number;
  /** Items of a shard due at `now`, oldest first. */
  due(kind: DueKind, shard: number, now: Timestamp, limit: number): Promise<DueItem[]>;
  /**
   * Moves an item's due time from the one seen to `next`, before its work is done. Answers since when the work is due: claims
   * do not move that. `undefined` where another was faster, or the item is no longer due.
   */
  claim(item: DueItem, next: Timestamp): Promise<Timestamp | undefined>;
  /**
   * As `claim`, of an item that is due at `now`, or at exactly the time told. Counts the times in a row that the item was
   * taken and neither deferred nor done, this one included.
   */
  take(item: DueItem, now: Timestamp, next: Timestamp): Promise<{ since: Timestamp; tries: number } | undefined>;
  /** Ends a claim after the item was worked on: it is due again at `next`, and counts as due from then. False as with `claim`. */
  defer(item: DueItem, next: Timestamp): Promise<boolean>;
  /** Ends a claim for good, undone: nothing is due of the item until it is revived, or written anew. False as with `defer`. */
  setAside(item: DueItem): Promise<boolean>;
  /** Makes an item of the kind `access` that was set aside due at `dueAt`; false where it was not, or was written anew since. */
  revive(item: Pick<DueItem, "pk" | "sk">, dueAt: Timestamp): Promise<boolean>;
}
