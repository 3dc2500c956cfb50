import type { Cluster } from "./domain/cluster.ts";
import type { Grant } from "./domain/access.ts";
import type { DriftCheck } from "./domain/drift-check.ts";
import type { OutboxEvent } from "./domain/outbox.ts";
import type { RevisionEntry, RevisionWave } from "./domain/revision-wave.ts";
import type { ForeignEvent } from "./domain/sbt.ts";
import type { DueItem } from "./ports/due.ts";
import type { Phase, SleepingWorkload, Tenant, Timestamp } from "./domain/tenant.ts";

export type { OutboxEvent } from "./domain/outbox.ts";
export * from "./ports/cluster.ts";
export * from "./ports/due.ts";
export * from "./ports/identity.ts";

/** What a command with a key did, so that its replay does nothing. */
export interface Dedupe {
  /** `<source or principal>#<event id or Idempotency-Key>`. */
  key: string;
  /** Hash of the body. */
  hash: string;
  tenantId: string;
  generation: number;
  /** Epoch seconds. */
  ttl: number;
}

/**
 * One write to a tenant, atomic with its events and its dedupe item.
 * It holds only if the record still has `before`'s generation, sequence and `desiredAt`, and:
 * - `lease: "take"`: the lease is still as `before` saw it (free, or past);
 * - `lease: "hold"`: the lease is still `before`'s;
 * - `lease: "ignore"`: whatever the lease; it is left as it is.
 * Where `after` is `before` and the lease is ignored, only what else there is is written, whatever the record.
 */
export interface TenantWrite {
  /** What was read; `undefined` for a tenant that did not exist. */
  before: Tenant | undefined;
  after: Tenant;
  lease: "take" | "hold" | "ignore";
  events?: OutboxEvent[];
  dedupe?: Dedupe | undefined;
  /** Grants of the tenant that change with it, each as it was read: at most `GRANTS_AT_ONCE`. */
  grants?: GrantWrite[] | undefined;
  /** Workloads of the tenant that are kept as sleeping, or not any more: at most `SLEEPERS_AT_ONCE`. */
  sleepers?: SleeperWrite[] | undefined;
}

/** Only one that holds the lease keeps or forgets sleepers, so the record's guard holds for them. `after: undefined` deletes it. */
export interface SleeperWrite {
  before: SleepingWorkload | undefined;
  after: SleepingWorkload | undefined;
}

/** Sleepers that one write may change. */
export const SLEEPERS_AT_ONCE = 90;

/** Holds only if the grant still has `before`'s version, or is not there. `after: undefined` deletes it. */
export interface GrantWrite {
  before: Grant | undefined;
  after: Grant | undefined;
}

/** Grants that one write may change: with their events, a DynamoDB transaction holds 100 items. */
export const GRANTS_AT_ONCE = 25;

/** The record moved, or the dedupe item exists: nothing was written. Read again. */
export class WriteConflict extends Error {
  override readonly name = "WriteConflict";
}

/** Whether a write took place; false where it threw `WriteConflict`. */
export async function unlessMoved(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof WriteConflict) return false;
    throw error;
  }
}

export interface TenantStore {
  /** Strongly consistent. */
  get(tenantId: string): Promise<Tenant | undefined>;
  /** Throws `WriteConflict`. */
  write(write: TenantWrite): Promise<void>;
  /**
   * Takes the lease of a tenant that is due at exactly `dueAt`; `undefined` where it is taken, or the due time moved.
   * `dueAt` moves past the lease in the same write, so a crash is only a delay.
   */
  begin(
    tenantId: string,
    request: { dueAt: Timestamp; owner: string; leaseUntil: Timestamp; nextDueAt: Timestamp; now: Timestamp },
  ): Promise<Tenant | undefined>;
  /** Gives back a lease still held by `owner`, with the due time that stands then; false where it was lost. */
  release(tenantId: string, owner: string, dueAt: Timestamp): Promise<boolean>;
  findDedupe(key: string): Promise<Dedupe | undefined>;
  /** Grants of a tenant by `grantId`, strongly consistent; those that are not there are left out. */
  getGrants(tenantId: string, ids: readonly string[]): Promise<Map<string, Grant>>;
  /** A page of a tenant's grants, revoked ones among them, in a fixed order and strongly consistent. `next` is where the next page goes on. */
  pageGrants(
    tenantId: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<{ grants: Grant[]; next?: string | undefined }>;
  /** What is kept as sleeping of a kind, with a name from the first to the last, by name; strongly consistent. */
  getSleepers(
    tenantId: string,
    kind: SleepingWorkload["kind"],
    names: { from: string; to: string },
  ): Promise<Map<string, SleepingWorkload>>;
  /** Some of what is kept as sleeping, at most `limit`: none where nothing is. Strongly consistent. */
  pageSleepers(tenantId: string, limit: number): Promise<SleepingWorkload[]>;
}

/** Reads of the drift check: eventually consistent, so what they say is confirmed before it is acted on. */
export interface ClusterTenants {
  /** Ids of a cluster's tenants, tombstones among them, in the order of ids; `next` is where the next page goes on. */
  ids(cluster: string, next: string | undefined): Promise<{ ids: string[]; next?: string | undefined }>;
  /** Records by tenant id; at most 100. */
  getMany(tenantIds: string[]): Promise<Map<string, Tenant>>;
}

export interface TenantQuery {
  limit: number;
  /** Tenants after this id. */
  cursor?: string | undefined;
  phase?: Phase | undefined;
  tier?: string | undefined;
  cluster?: string | undefined;
}

/** Reads for people: the list, and the audit trail. */
export interface TenantDirectory {
  list(query: TenantQuery): Promise<{ items: Tenant[]; nextCursor?: string }>;
  /** Newest first; `cursor`: those before this sequence, in digits. */
  events(tenantId: string, page: { limit: number; cursor?: string | undefined }): Promise<{ items: OutboxEvent[]; nextCursor?: string }>;
}

/** Who is at which revision. */
export interface RevisionIndex {
  readonly shards: number;
  /** A shard's entries by tenant id, after the one named; `next` where more may follow. */
  page(shard: number, after?: string): Promise<{ entries: RevisionEntry[]; next?: string | undefined }>;
}

export interface RevisionLog {
  /** The wave and the clusters, strongly consistent, in one read. */
  read(): Promise<{ wave: RevisionWave | undefined; clusters: Cluster[] }>;
  /** Writes the wave where it still has the version `seen` (none yet: `undefined`). Throws `WriteConflict`. */
  write(wave: RevisionWave, seen: number | undefined, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<void>;
}

export interface Outbox {
  get(item: DueItem): Promise<OutboxEvent | undefined>;
  /** Takes an event off the outbox, as it was published or never can be: it is due no more, and stays in the audit trail. Idempotent. */
  remove(event: Pick<OutboxEvent, "tenantId" | "sequence">): Promise<void>;
}

export interface EventPublisher {
  /** Publishes; answers those that were taken, and of the others whether no other try can help (`final`). Never throws for a part of the batch. */
  publish(events: OutboxEvent[]): Promise<{ published: OutboxEvent[]; failed: { event: OutboxEvent; reason: string; final?: boolean }[] }>;
}

/** Says something to another system at once, at least once where its caller is tried again. Throws where it was not taken. */
export type ForeignPublisher = (events: ForeignEvent[]) => Promise<void>;

/** A wish to reconcile a tenant for the due time that it names; void once that moved. */
export interface ReconcileMessage {
  tenantId: string;
  dueAt: Timestamp;
  /** Times in a row that it was handed back, as the cluster had no free slot. */
  handBacks?: number | undefined;
}

export interface ReconcileQueue {
  /** `delaySeconds` 0 to 900. */
  send(messages: ReconcileMessage[], options?: { delaySeconds?: number; bulk?: boolean }): Promise<void>;
}

export interface ClusterRegistry {
  get(name: string): Promise<Cluster | undefined>;
  list(): Promise<Cluster[]>;
  /**
   * Holds only if the cluster is as `before` was read, or is not there (`undefined`); with a dedupe item, in one transaction.
   * Answers it as it is stored, with its next version. Throws `WriteConflict`, also where the dedupe item exists.
   */
  write(before: Cluster | undefined, after: Omit<Cluster, "version">, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<Cluster>;
  /** Holds only if the cluster is as it was read. Throws `WriteConflict` as `write` does. */
  remove(cluster: Cluster, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<void>;
}

/** The drift checks of clusters, an item each. */
export interface DriftChecks {
  get(cluster: string): Promise<DriftCheck | undefined>;
  list(): Promise<DriftCheck[]>;
  /**
   * Holds only if the item has `before`'s version, or is not there (`undefined`); with a dedupe item, in one transaction.
   * Answers it as it is stored, with its next version. Throws `WriteConflict`, also where the dedupe item exists.
   */
  write(before: DriftCheck | undefined, after: DriftCheck, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<DriftCheck>;
  /** Forgets a cluster's checks. Idempotent. */
  remove(cluster: string): Promise<void>;
}

/** A wish to begin a cluster's check, or to go on with it, for the due time that it names; void once that moved. */
export interface DriftMessage {
  cluster: string;
  dueAt: Timestamp;
}

export interface DriftQueue {
  send(messages: DriftMessage[]): Promise<void>;
}

/** What is bounded in a cluster, and to how many at once. */
export interface SlotPool {
  name: string;
  size: number;
}

/** Slots that bound what is at work in one cluster, over all functions: reconciles, and namespaces being deleted. */
export interface ClusterSlots {
  /** A slot's number, or `undefined` where the pool is over its budget. An owner that has one gets the same again. */
  acquire(pool: SlotPool, owner: string, until: Timestamp, now: Timestamp): Promise<number | undefined>;
  release(pool: SlotPool, slot: number, owner: string): Promise<void>;
}

export interface Clock {
  now(): Date;
}

/** Waits, until `signal` aborts at the longest; never throws. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** A new unique, time-ordered id (UUID version 7). */
export type NewId = () => string;

/** Structured logging, as @aws-lambda-powertools/logger gives it. */
export interface Log {
  info(message: string, extra?: Record<string, unknown>): void;
  warn(message: string, extra?: Record<string, unknown>): void;
  error(message: string, extra?: Record<string, unknown>): void;
}

/** Where a message goes that can never succeed: whole, with the reason. */
export interface DeadLetters {
  add(body: string, why: { code: string; reason: string }): Promise<void>;
}

/** A message that is being worked on, in its queue. */
export interface MessageVisibility {
  /** Keeps a received message from coming back for so long. `seconds` 0 to 43,200. */
  postpone(receiptHandle: string, seconds: number): Promise<void>;
}
