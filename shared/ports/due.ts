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
  /** Moves an item's due time from the one seen to `next`; false where another did, or it is no longer due. */
  claim(item: DueItem, next: Timestamp): Promise<boolean>;
  /** Moves the due time of an item that is due at `now`, or at exactly the time told, to `next`; false where it is neither. */
  take(item: DueItem, now: Timestamp, next: Timestamp): Promise<boolean>;
}
