import type { Announcement, Cause, Timestamp } from "./tenant.ts";

/** One person's access to one tenant, in one role. */
export interface GrantKey {
  tenantId: string;
  /** As the cluster's authenticator names the person, without the cluster's prefix. */
  userId: string;
  /** A ClusterRole of the platform's allow-list. */
  role: string;
}

/** `direct` (the API and the events), or `<provider>:<group id>`. */
export type SourceName = string;
export const DIRECT: SourceName = "direct";

/** A user of an identity provider. */
export interface RevokedBy {
  provider: string;
  user: string;
}

/** What one source last said of a grant; kept after a revoke, so that an older request that comes later still loses. */
export interface GrantSource {
  granted: boolean;
  /** When it was asked for: the highest wins. */
  at: Timestamp;
  /** Among words of the same time, the highest wins; of the same order too, the revoke. */
  order?: number | undefined;
  expiresAt?: Timestamp | undefined;
  /** The AWS identity (an IAM user or role) that is this person, for clusters that people reach by IAM. */
  principalArn?: string | undefined;
  /** The provider's group, by its name, for people. */
  group?: string | undefined;
  /** Whose deactivation took it, where that is the person as another provider knows them: with them it comes back. */
  revokedBy?: RevokedBy | undefined;
  /** Who asked. */
  cause: Cause;
}

/**
 * How far a grant's AWS identity is its person in the tenant's cluster:
 *
 *     (none) ──> Pending ──look──> Mapped ──> Removing ──look──> (none)
 *                   └──> Refused (tried again hourly)
 *
 * It is recorded before anything is done in EKS, so that whoever takes the grant back finds what to undo.
 */
export interface IdentityMapping {
  /** The cluster's name in the registry. */
  cluster: string;
  /** The IAM user or role. */
  principalArn: string;
  state: "Pending" | "Mapped" | "Removing" | "Refused";
  /** Why it is not as it should be, in words. */
  message?: string | undefined;
  /** The name in the cluster. */
  username: string;
  /** Since when it is asked for: of two that exclude each other, the earlier stays. */
  since: Timestamp;
  /** When the entry was last brought to what is wanted. */
  actedAt: Timestamp;
  /** Times that it was, since the state began. */
  tries: number;
}

/** A grant: an item of its own. It stands while one of its sources gives it. */
export interface Grant extends GrantKey {
  sources: Record<SourceName, GrantSource>;
  /** Whether it stood when it was last written: what the cluster follows. Only time can have passed since. */
  granted: boolean;
  /** What is announced once the cluster follows the last change; absent where it does. */
  pending?: Announcement | undefined;
  /** Grows with every write. */
  version: number;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  /** How far its AWS identity is mapped; absent where nothing is, or was. */
  mapping?: IdentityMapping | undefined;
  /** When it ends by itself, or its mapping has work to be done; the sweep finds it then. */
  dueAt?: Timestamp | undefined;
  /** Epoch seconds at which it is forgotten: a revoked grant that the cluster follows, and whose mapping is gone. */
  ttl?: number | undefined;
}

/** Names a grant within its tenant. No user id holds a line break, so two never share one. */
export const grantId = ({ userId, role }: Pick<GrantKey, "userId" | "role">): string => `${userId}\n${role}`;

/** A grant's item, as the table names it. */
export const grantKeys = (grant: GrantKey): { pk: string; sk: string } => ({
  pk: `TENANT#${grant.tenantId}`,
  sk: `GRANT#${grantId(grant)}`,
});

export function parseGrantId(id: string): Pick<GrantKey, "userId" | "role"> {
  const [userId = "", role = ""] = id.split("\n");
  return { userId, role };
}

const gives = ({ granted, expiresAt }: GrantSource, now: Timestamp): boolean => granted && (expiresAt === undefined || expiresAt > now);

/** Whether a word comes too late to count against what a source said. */
export function isLate(word: Pick<GrantSource, "at" | "order" | "granted">, standing: GrantSource | undefined): boolean {
  if (standing === undefined || word.at > standing.at) return false;
  if (word.at < standing.at) return true;
  const ahead = (word.order ?? 0) - (standing.order ?? 0);
  return ahead < 0 || (ahead === 0 && !standing.granted);
}

/** The sources that give the grant now, by name. */
export function giving(grant: Pick<Grant, "sources"> | undefined, now: Timestamp): SourceName[] {
  return Object.entries(grant?.sources ?? {})
    .filter(([, source]) => gives(source, now))
    .map(([name]) => name)
    .sort();
}

/** Whether the grant stands. */
export const isGranted = (grant: Pick<Grant, "sources"> | undefined, now: Timestamp): boolean => giving(grant, now).length > 0;

/** When the grant ends by itself: `undefined` while a source gives it for good, or none does. */
export function expiryOf(grant: Pick<Grant, "sources">, now: Timestamp): Timestamp | undefined {
  const standing = Object.values(grant.sources).filter((source) => gives(source, now));
  if (standing.some(({ expiresAt }) => expiresAt === undefined)) return undefined;
  return standing
    .map(({ expiresAt = "" }) => expiresAt)
    .sort()
    .at(-1);
}

/** Whether the cluster has the grant as it was last changed. */
export const isApplied = (grant: Pick<Grant, "userId" | "role" | "pending">, pendingGrants: readonly string[] = []): boolean =>
  grant.pending === undefined && !pendingGrants.includes(grantId(grant));

/** Whether nobody has the grant, and nothing is left to be done for it: it may be forgotten after a while. */
export const isSpent = ({ granted, mapping, pending }: Pick<Grant, "granted" | "mapping" | "pending">): boolean =>
  !granted && mapping === undefined && pending === undefined;

/**
 * What does not reach us whole as a segment of a path, however it is percent-encoded: API Gateway decodes paths, and cuts
 * them at a `?`; clients resolve `.` and `..`. A leading `~` marks what is encoded.
 */
const NEEDS_ENCODING = /[/%?#\\]|^~|^\.{1,2}$/;

/** A user id as a name in Kubernetes and in paths: itself, or `~<base64url>`. */
export const encodeUserId = (userId: string): string =>
  NEEDS_ENCODING.test(userId) ? `~${Buffer.from(userId, "utf8").toString("base64url")}` : userId;

/** The user id that a path names; `undefined` for one that `encodeUserId` would write otherwise. */
export function decodeUserId(name: string): string | undefined {
  const decoded = name.startsWith("~") ? Buffer.from(name.slice(1), "base64url").toString("utf8") : name;
  return encodeUserId(decoded) === name ? decoded : undefined;
}
