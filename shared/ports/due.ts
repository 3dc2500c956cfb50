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
  /** As `claim`, of an item that is due at `now`, or at exactly the time told. */
  take(item: DueItem, now: Timestamp, next: Timestamp): Promise<Timestamp | undefined>;
  /** Ends a claim after the item was worked on: it is due again at `next`, and counts as due from then. False as with `claim`. */
  defer(item: DueItem, next: Timestamp): Promise<boolean>;
}
