import type { GrantKey } from "../domain/access.ts";
import type { Cluster } from "../domain/cluster.ts";
import type { Theirs } from "../domain/directory-comparison.ts";
import type { GrantsRound } from "../domain/grants-comparison.ts";
import type { DirectoryGroup, DirectoryUser, Membership, ProviderName } from "../domain/identity.ts";
import type { Timestamp } from "../domain/tenant.ts";
import type { DueItem } from "./due.ts";

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

  /** Writes how far the work on its members is, where the group still has that version, and leaves the version as it is. Else nothing. */
  noteProgress(group: DirectoryGroup, progress: DirectoryGroup["progress"]): Promise<void>;

  getMembership(provider: ProviderName, groupId: string, userId: string): Promise<Membership | undefined>;
  /** One conditional write: holds only where none stands that is as new or newer (`at`); false where one does. Of the same time, who goes is gone. */
  putMembership(membership: Pick<Membership, "provider" | "groupId" | "userId" | "member" | "at" | "cause" | "ttl">): Promise<boolean>;
  /** Writes how far its grants follow, where `at`, `member` and `synced` are still `seen`'s (all); false where they are not. */
  markMembership(seen: Membership, mark: Pick<Membership, "synced" | "grantedAs" | "mappedAt" | "userAt" | "notBefore">): Promise<boolean>;
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

/** Where a comparison of a provider's grants goes on: kept, as one run may not come to the end of a round. */
export interface GrantsRounds {
  /** `undefined` where the next run begins a round. Strongly consistent. */
  read(provider: ProviderName): Promise<GrantsRound | undefined>;
  write(provider: ProviderName, round: GrantsRound | undefined): Promise<void>;
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
