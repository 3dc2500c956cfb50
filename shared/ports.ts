import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "./domain/cluster.ts";
import type { Grant, GrantKey } from "./domain/access.ts";
import type { Theirs } from "./domain/directory-comparison.ts";
import type { DirectoryGroup, DirectoryUser, Membership, ProviderName } from "./domain/identity.ts";
import type { ObjectRef } from "./domain/object-ref.ts";
import type { OutboxEvent } from "./domain/outbox.ts";
export type { OutboxEvent } from "./domain/outbox.ts";
import type { RevisionEntry, RevisionWave } from "./domain/revision-wave.ts";
import type { ForeignEvent } from "./domain/sbt.ts";
import type { Phase, Tenant, Timestamp } from "./domain/tenant.ts";

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
 * Where `after` is `before`, only the events and the dedupe item are written, whatever the record.
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
}

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
}

/** A person's grants in all tenants. Eventually consistent. */
export interface GrantIndex {
  ofUser(userId: string, after?: string): Promise<{ keys: GrantKey[]; next?: string | undefined }>;
}

/**
 * What the identity providers said of their people. Reads are strongly consistent unless they say otherwise, and tell deleted ones too.
 * A user's name is unique in its provider, whatever its case; a deleted user has given it back.
 */
export interface Directory {
  getUser(provider: ProviderName, id: string): Promise<DirectoryUser | undefined>;
  /** By userName, whatever its case. */
  findUser(provider: ProviderName, userName: string): Promise<DirectoryUser | undefined>;
  /** Holds only if the record has `before`'s version. Throws `WriteConflict`; `UserNameTaken` where another user has the name. */
  writeUser(before: DirectoryUser | undefined, after: DirectoryUser): Promise<void>;
  /** Forgets the user, where it still has that version. The memberships go before. Idempotent. Throws `WriteConflict`. */
  deleteUser(user: DirectoryUser): Promise<void>;
  /** Ids of the users with an `externalId`. Eventually consistent. */
  findUsersByExternalId(provider: ProviderName, externalId: string): Promise<string[]>;
  /** In the order of ids; eventually consistent. A page may hold fewer: only `next` says that it is the last. */
  pageUsers(
    provider: ProviderName,
    page: { limit: number; after?: string | undefined },
  ): Promise<{ users: DirectoryUser[]; next?: string | undefined }>;

  getGroup(provider: ProviderName, id: string): Promise<DirectoryGroup | undefined>;
  /** Holds only if the record has `before`'s version. Throws `WriteConflict`. */
  writeGroup(before: DirectoryGroup | undefined, after: DirectoryGroup): Promise<void>;
  /** Forgets the group, where it still has that version. The memberships go before. Idempotent. Throws `WriteConflict`. */
  deleteGroup(group: DirectoryGroup): Promise<void>;
  /** Ids of the groups with a name, whatever its case. Eventually consistent. */
  findGroups(provider: ProviderName, displayName: string): Promise<string[]>;
  pageGroups(
    provider: ProviderName,
    page: { limit: number; after?: string | undefined },
  ): Promise<{ groups: DirectoryGroup[]; next?: string | undefined }>;
  /**
   * Makes the group due at `dueAt` and adds 1 to its version, whoever else writes it; false where it is not there.
   * Whoever works on the group clears its due time only under the version that it began with.
   */
  touchGroup(provider: ProviderName, id: string, dueAt: Timestamp): Promise<boolean>;

  getMembership(provider: ProviderName, groupId: string, userId: string): Promise<Membership | undefined>;
  /** One conditional write: holds only where none stands that is as new or newer (`at`); false where one does. Of the same time, who goes is gone. */
  putMembership(membership: Pick<Membership, "provider" | "groupId" | "userId" | "member" | "at" | "cause" | "ttl">): Promise<boolean>;
  /** Writes how far its grants follow, where `at`, `member` and `synced` are still `seen`'s (all); false where they are not. */
  markMembership(seen: Membership, mark: Pick<Membership, "synced" | "grantedAs" | "mappedAt">): Promise<boolean>;
  /** Forgets a membership where it is as it was read (`at`). */
  deleteMembership(membership: Membership): Promise<void>;
  /**
   * Members, and removed ones (`member: false`) among them, in the order of user ids. `unsynced`: only those with work to do.
   * A page may hold fewer, or none: only `next` says that it is the last.
   */
  pageMembers(
    provider: ProviderName,
    groupId: string,
    page: { limit: number; after?: string | undefined; unsynced?: boolean | undefined },
  ): Promise<{ memberships: Membership[]; next?: string | undefined }>;
  /** The groups that a user is, or was, in. Eventually consistent. */
  groupsOf(provider: ProviderName, userId: string): Promise<string[]>;
}

/** Another user of the provider has the name. */
export class UserNameTaken extends Error {
  override readonly name = "UserNameTaken";
}

/** A webhook's message, recorded before it is answered. */
export interface WebhookMessage {
  provider: ProviderName;
  /** The provider's id of the message: the same one is never worked on twice. */
  id: string;
  /** The verified body, as text. */
  body: string;
  receivedAt: Timestamp;
}

export interface WebhookInbox {
  /**
   * Records a message, due at `dueAt`, and answers the item that is due; `undefined` where its id came before (within `ttl`,
   * epoch seconds). Throws `PayloadTooLarge` where the body cannot be kept.
   */
  add(message: WebhookMessage, dueAt: Timestamp, ttl: number): Promise<DueItem | undefined>;
  /** `undefined` for one that is done, or is not there. */
  get(item: Pick<DueItem, "pk" | "sk">): Promise<WebhookMessage | undefined>;
  /** Removes its due time and its body: what is left remembers the id. Idempotent. */
  done(message: WebhookMessage): Promise<void>;
}

/** A wish to do the work that an item of the table is due for: a grant that ends, a group, a user, a webhook's message. */
export interface AccessQueue {
  send(items: DueItem[], options?: { delaySeconds?: number }): Promise<void>;
}

/** An EKS access entry: the AWS identity under which a cluster knows somebody. */
export interface AccessEntry {
  username: string;
  /** Made by this installation: others are never touched. */
  ours: boolean;
}

/** Where a cluster's access entries are kept. */
export type EksCluster = Pick<Cluster, "eksClusterName" | "region">;

/**
 * Access entries of clusters: one for an AWS identity (an IAM user or role), with the one name that it has in the cluster,
 * and with no groups and no access policies, so that it gives nothing but the name. Every call throws `MappingError`.
 */
export interface IdentityMappings {
  describe(cluster: EksCluster, principalArn: string, signal: AbortSignal): Promise<AccessEntry | undefined>;
  /** Makes the entry, marked as ours; one that is there already, whosever it is, stays as it is. */
  create(cluster: EksCluster, principalArn: string, username: string, signal: AbortSignal): Promise<void>;
  /** Gives an entry another name; one that is gone stays gone. */
  rename(cluster: EksCluster, principalArn: string, username: string, signal: AbortSignal): Promise<void>;
  /** Idempotent. */
  delete(cluster: EksCluster, principalArn: string, signal: AbortSignal): Promise<void>;
}

/** EKS did not do it. */
export class MappingError extends Error {
  override readonly name = "MappingError";
  /** Whether it may do it a little later, as nothing is wrong with what was asked. */
  readonly retryable: boolean;

  constructor(message: string, options: ErrorOptions & { retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}

/** The valid secrets behind a reference of the configuration: one, two while one is rotated, none where there is none. Cached. */
export type Secrets = (ref: string) => Promise<string[]>;

/** An identity provider's own API, asked for what a lost webhook left out. */
export interface ProviderApi {
  /** Groups with one of the names, or one that begins so, with all their members. Throws where not all of it was answered. */
  read(names: { name: string; exact: boolean }[]): Promise<Theirs>;
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
  cursor?: string | undefined;
  phase?: Phase | undefined;
  tier?: string | undefined;
  cluster?: string | undefined;
}

/** Reads for people: the list, and the audit trail. */
export interface TenantDirectory {
  list(query: TenantQuery): Promise<{ items: Tenant[]; nextCursor?: string }>;
  /** Newest first. */
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

export interface Outbox {
  get(item: DueItem): Promise<OutboxEvent | undefined>;
  /** Removes the due time of a published event. Idempotent. */
  markPublished(event: Pick<OutboxEvent, "tenantId" | "sequence">): Promise<void>;
}

export interface EventPublisher {
  /** Publishes; answers those that were taken. Never throws for a part of the batch. */
  publish(events: OutboxEvent[]): Promise<{ published: OutboxEvent[]; failed: { event: OutboxEvent; reason: string }[] }>;
}

/** Says something to another system at once, at least once where its caller is tried again. Throws where it was not taken. */
export type ForeignPublisher = (events: ForeignEvent[]) => Promise<void>;

/** A wish to reconcile a tenant for the due time that it names; void once that moved. */
export interface ReconcileMessage {
  tenantId: string;
  dueAt: Timestamp;
}

export interface ReconcileQueue {
  /** `delaySeconds` 0 to 900. */
  send(messages: ReconcileMessage[], options?: { delaySeconds?: number; bulk?: boolean }): Promise<void>;
}

export interface ClusterRegistry {
  get(name: string): Promise<Cluster | undefined>;
  list(): Promise<Cluster[]>;
  /** With a dedupe item, in one transaction: throws `WriteConflict` where that item exists. */
  put(cluster: Cluster, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<void>;
  delete(name: string, dedupe?: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<void>;
}

/** What is bounded in a cluster, and to how many at once. */
export interface SlotPool {
  name: string;
  size: number;
}

/** Slots that bound what is at work in one cluster, over all functions: reconciles, and namespaces being deleted. */
export interface ClusterSlots {
  /** A slot's number, or `undefined` where the pool is over its budget. */
  acquire(pool: SlotPool, owner: string, until: Timestamp, now: Timestamp): Promise<number | undefined>;
  release(pool: SlotPool, slot: number, owner: string): Promise<void>;
}

export type { ObjectRef } from "./domain/object-ref.ts";

/** What a cluster's API server answered, or that it did not. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  /** HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** The Kubernetes `Status.reason`, or `Unreachable`, `Timeout`, `Aborted`, `TokenUnavailable`. */
  readonly reason: string;

  constructor(status: number | undefined, reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.reason = reason;
  }

  get retryable(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

export interface ListQuery {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** Objects a page, at the most. */
  limit?: number | undefined;
  continue?: string | undefined;
}

export interface ClusterScopedFind {
  found: ObjectRef[];
  kindsChecked: number;
  /** `plural.group` of the kinds that we may not list. */
  kindsUnchecked: string[];
}

export interface ListPage {
  /** With their `apiVersion` and `kind`, which lists leave out. */
  items: KubernetesObject[];
  /** Where the next page goes on; absent on the last. */
  continue?: string | undefined;
}

/** One cluster's API. Every call throws `ClusterError`, and ends when `signal` aborts. */
export interface ClusterApi {
  /** `undefined` on 404. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Server-side apply as field manager `tenantry`, with force. Answers the object as it stands, or, dry, as it would. */
  apply(object: KubernetesObject, signal: AbortSignal, options?: { dryRun?: boolean | undefined }): Promise<KubernetesObject>;
  /** Background deletion, only of the object with that uid (and as it was read, with its `resourceVersion`) where one is given; 404 is success. */
  delete(ref: ObjectRef, options: { uid?: string | undefined; resourceVersion?: string | undefined }, signal: AbortSignal): Promise<void>;
  /** One page of a kind's objects, over all namespaces or in one. The first page of a list names what the next go on from. */
  list(query: ListQuery, signal: AbortSignal): Promise<ListPage>;
  /** Cluster-scoped objects with a label, of every kind that the cluster serves (discovery) and lets us list. */
  findClusterScoped(labelSelector: string, signal: AbortSignal): Promise<ClusterScopedFind>;
  /** JSON merge patch of an object, or of a subresource of it, as field manager `tenantry`; 404 answers `undefined`. */
  patch(
    ref: ObjectRef,
    patch: object,
    options: { subresource?: "scale" | undefined },
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined>;
  /** Takes the finalizers off a terminating namespace's own spec, so that it goes with what is left in it; 404 is success. */
  finalizeNamespace(name: string, signal: AbortSignal): Promise<void>;
  /** Whether the API group and version is served. */
  serves(apiVersion: string, signal: AbortSignal): Promise<boolean>;
}

export interface ClusterAccess {
  connect(cluster: Cluster): ClusterApi;
}

export interface Clock {
  now(): Date;
}

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
