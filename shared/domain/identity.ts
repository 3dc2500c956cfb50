import type { Cause, Timestamp } from "./tenant.ts";

/** Identity providers are named in the configuration (`identity.providers`). */
export type ProviderName = string;

/** A person as a provider told of them. */
export interface DirectoryUser {
  provider: ProviderName;
  /** Ours over SCIM, the provider's own by webhook. */
  id: string;
  userName: string;
  /** Nobody told their name yet: `userName` is their id, and nothing is granted to it, as somebody else may call themselves so. */
  nameless?: true | undefined;
  externalId?: string | undefined;
  /** Primary email address. */
  email?: string | undefined;
  /** Whether they may have access; `undefined` where SCIM removed it, which gives none either. */
  active: boolean | undefined;
  /** What SCIM stored besides, as it came. */
  attributes?: Record<string, unknown> | undefined;
  /** When `active` or the names last changed, as the provider dates it: the highest wins. */
  at: Timestamp;
  /** Who said so. */
  cause?: Cause | undefined;
  /** Grows with every write. */
  version: number;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  /** Work that follows a change is not done; the sweep finds it then. */
  dueAt?: Timestamp | undefined;
  /** Deleted at the provider: kept, inactive and without its hold on the name, until nothing is left of their access. */
  deleted?: boolean | undefined;
  /** When their groups were first looked for after the last change; the index of memberships may not have shown all then. */
  lookedAt?: Timestamp | undefined;
  /** How the removal of a deactivated person's access went. */
  removal?: Removal | undefined;
  /** What they were called before, the latest last: what was given to them by it goes with them. */
  former?: FormerName[] | undefined;
  /** Epoch seconds at which a deleted one is forgotten: until then, an older word that comes later makes nobody of them. */
  ttl?: number | undefined;
}

/** A name that a person had until then: what was given to it later is somebody else's. */
export interface FormerName extends Pick<DirectoryUser, "userName" | "externalId" | "email"> {
  until: Timestamp;
}

/** The removal of all grants of a deactivated user. */
export interface Removal {
  startedAt: Timestamp;
  /** The user's `at` that it is for. */
  of: Timestamp;
  /** Grants that were taken away, over all tenants. */
  grants: number;
  /** When the last of them was seen to be gone from its cluster. */
  finishedAt?: Timestamp | undefined;
}

export interface DirectoryGroup {
  provider: ProviderName;
  id: string;
  /** What the role mapping reads. */
  displayName: string;
  externalId?: string | undefined;
  attributes?: Record<string, unknown> | undefined;
  /** Deleted at the provider: gives nothing. */
  deleted?: boolean | undefined;
  /** Epoch seconds at which a deleted one is forgotten: until then, an older word that comes later makes no group of it. */
  ttl?: number | undefined;
  /** When the name last changed, or the group went, as the provider dates it: the highest wins. */
  at: Timestamp;
  /** Who said so. */
  cause?: Cause | undefined;
  /** Grows with every write of the group, and with every change of its members. */
  version: number;
  /** What the role mapping makes of its name; while `passing`, also what it made of it before. */
  mapped: MappedRole[];
  /** When that came to be: dates the grants that follow from it. */
  mappedAt: Timestamp;
  /** The mapping's result, as a key, that `mappedAt` dates; none until the group was first worked on. */
  mappedFor?: string | undefined;
  /** The mapping changed, and not all members are worked through yet. */
  passing?: boolean | undefined;
  /** How far the work on its members is, at one version of the group: whoever touches it makes that void. */
  progress?: { version: number; after?: string | undefined } | undefined;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  dueAt?: Timestamp | undefined;
}

/** A membership is an item of its own; a removed one stays for a while, so that an older addition that comes later loses. */
export interface Membership {
  provider: ProviderName;
  groupId: string;
  userId: string;
  member: boolean;
  /** As the provider dates it: the highest wins. */
  at: Timestamp;
  /** Who said so. */
  cause?: Cause | undefined;
  /** The `at` of the change that its grants follow; another value, or none, is work to do. */
  synced?: string | undefined;
  /** The group's `mappedAt` that they follow. */
  mappedAt?: Timestamp | undefined;
  /** The user's `at` that they follow. */
  userAt?: Timestamp | undefined;
  /** What it says of grants counts as said no earlier: newer than what took them back although it stands. */
  notBefore?: Timestamp | undefined;
  /** The user id that its grants were given to. */
  grantedAs?: string | undefined;
  /** Epoch seconds at which a removed membership is forgotten. */
  ttl?: number | undefined;
}

/** A role in a tenant that a group gives to its members. */
export interface MappedRole {
  tenantId: string;
  role: string;
}

/** What a provider says, whatever way it came: SCIM, a webhook, or the comparison. */
export type IdentityChange =
  | { kind: "membership"; group: GroupSaid; user: UserSaid; member: boolean; occurredAt: Timestamp }
  | { kind: "user"; user: UserSaid & { active: boolean }; occurredAt: Timestamp }
  | { kind: "group"; group: GroupSaid; deleted: boolean; occurredAt: Timestamp };

/** What of a user a provider's message told: the id always, the rest where it is there. */
export interface UserSaid {
  id: string;
  userName?: string | undefined;
  email?: string | undefined;
}
export interface GroupSaid {
  id: string;
  displayName?: string | undefined;
}
