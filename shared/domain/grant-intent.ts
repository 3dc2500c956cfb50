import {
  expiryOf,
  type Grant,
  type GrantKey,
  type GrantSource,
  giving,
  grantId,
  isGranted,
  isSpent,
  type SourceName,
  type RevokedBy,
  DIRECT,
  isLate,
} from "./access.ts";
import { TenantryError } from "./errors.ts";
import { dueOf } from "./identity-mapping.ts";
import type { Intent } from "./intent.ts";
import { judge } from "./lifecycle.ts";
import { ttlAfter } from "./outbox.ts";
import type { Announcement, Cause, Tenant, Timestamp } from "./tenant.ts";

/**
 * Grants that a tenant's record names as pending. What gives access waits where there are more; what takes it away never does:
 * from then on, a pass over all grants finds it.
 */
export const PENDING_GRANTS = 50;

/** What one source now says of a grant. */
export interface GrantAsked extends Omit<GrantKey, "tenantId"> {
  source: SourceName;
  granted: boolean;
  /** When it was asked for, and its order among words of the same time: the highest wins, source by source (`isLate`). */
  at: Timestamp;
  order?: number | undefined;
  expiresAt?: Timestamp | undefined;
  principalArn?: string | undefined;
  group?: string | undefined;
  revokedBy?: RevokedBy | undefined;
  /** Who asked, where that is not who asks for all. */
  cause?: Cause | undefined;
}

export interface GrantsAsked {
  asked: readonly GrantAsked[];
  /** Grants to judge anew, as time has passed. */
  recheck?: readonly Omit<GrantKey, "tenantId">[];
  cause: Cause;
  now: Timestamp;
  /** Days that a revoked grant is remembered. */
  rememberDays: number;
}

/**
 * Changes grants of one tenant by what their sources say. The generation moves only where somebody's access does.
 * @param grants those that are asked about, as they stand, by `grantId`
 * @throws TenantryError `TenantNotFound`, `TenantDeleting`, `TenantDeleted`, `WriteContention` while too much is under way
 */
export function changeGrants(
  tenantId: string,
  before: Tenant | undefined,
  grants: ReadonlyMap<string, Grant>,
  { asked, recheck = [], cause, now, rememberDays }: GrantsAsked,
): Intent {
  const granting = asked.some(({ granted }) => granted);
  const settled = judge(granting ? "grant" : "revoke", tenantId, before) === "settled";
  const tenant = before as Tenant;
  if (settled) return { after: tenant, settled };
  const fresh = asked.filter((one) => isForThisTenant(tenant, one));
  const told = new Map([...fresh, ...recheck].map((one) => [grantId(one), { userId: one.userId, role: one.role }]));
  const generation = tenant.generation + 1;
  const writes: NonNullable<Intent["grants"]> = [];
  const moved: Grant[] = [];
  for (const [id, key] of told) {
    const standing = grants.get(id);
    const sources = withSources(
      standing?.sources ?? {},
      fresh.filter((one) => grantId(one) === id),
      cause,
    );
    const granted = isGranted({ sources }, now);
    const dueAt = dueOf({ sources, mapping: standing?.mapping }, now);
    if (sources === standing?.sources && granted === standing.granted && dueAt === standing.dueAt) continue;
    if (standing === undefined && Object.keys(sources).length === 0) continue;
    const moves = granted !== (standing?.granted ?? false);
    const pending = moves ? announcementOf({ ...key, granted, sources }, { generation, cause, now }) : standing?.pending;
    const after = grantOf({ tenantId, ...key }, standing, { sources, granted, pending, dueAt, now, rememberDays });
    writes.push({ before: standing, after });
    if (moves) moved.push(after);
  }
  // Also a word on what never was is forgotten with the tenant.
  const known = writes.length > 0 && tenant.hasGrants !== true ? { ...tenant, hasGrants: true } : tenant;
  if (moved.length === 0) return { after: known, settled: true, grants: writes };
  return { after: { ...tenant, ...waiting(tenant, moved), generation, cause, hasGrants: true, updatedAt: now }, grants: writes };
}

/** Whether it was asked of this tenant, and not of an earlier one of its id. What a group says, it says still. */
function isForThisTenant({ tenantId, formerUntil }: Tenant, { source, granted, at }: GrantAsked): boolean {
  if (source !== DIRECT || formerUntil === undefined || at > formerUntil) return true;
  if (!granted) return false;
  throw new TenantryError("TenantDeleted", `Tenant "${tenantId}" was decommissioned after this grant was asked for (${at}).`);
}

/** The sources with what is newer than they; the same object where nothing is. */
function withSources(sources: Grant["sources"], asked: readonly GrantAsked[], cause: Cause): Grant["sources"] {
  let result = sources;
  for (const { source, granted, at, order, expiresAt, principalArn, group, revokedBy, cause: own = cause } of asked) {
    const standing = result[source];
    const next: GrantSource = { granted, at, order, expiresAt, principalArn, group, revokedBy, cause: own };
    if (isLate(next, standing)) continue;
    const says = ({ at, order, granted, expiresAt, principalArn }: GrantSource): string =>
      JSON.stringify([at, order, granted, expiresAt, principalArn]);
    if (standing !== undefined && says(standing) === says(next)) continue;
    result = { ...result, [source]: next };
  }
  return result;
}

function grantOf(
  key: GrantKey,
  standing: Grant | undefined,
  { now, rememberDays, ...said }: Pick<Grant, "sources" | "granted" | "pending" | "dueAt"> & { now: Timestamp; rememberDays: number },
): Grant {
  const after = {
    ...key,
    ...said,
    mapping: standing?.mapping,
    version: (standing?.version ?? 0) + 1,
    createdAt: standing?.granted === true || !said.granted ? (standing?.createdAt ?? now) : now,
    updatedAt: now,
  };
  return { ...after, ttl: isSpent(after) ? ttlAfter(now, rememberDays) : undefined };
}

/** The grant as it is once the cluster follows it. */
export function appliedGrant(grant: Grant, now: Timestamp, rememberDays: number): Grant {
  const after = { ...grant, pending: undefined, version: grant.version + 1 };
  return { ...after, ttl: isSpent(after) ? ttlAfter(now, rememberDays) : undefined };
}

/** Who said the last word. */
const causeOf = (sources: Grant["sources"]): Cause | undefined =>
  Object.values(sources)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1)?.cause;

/** What is announced of a grant's change, once the cluster follows. */
function announcementOf(
  { userId, role, granted, sources }: Pick<Grant, "userId" | "role" | "granted" | "sources">,
  { generation, cause, now }: { generation: number; cause: Cause; now: Timestamp },
): Announcement {
  if (granted) {
    const data = { userId, role, sources: giving({ sources }, now), expiresAt: expiryOf({ sources }, now) };
    return { type: "TenantAccessGranted", generation, cause: causeOf(sources) ?? cause, data };
  }
  const expired = Object.values(sources).some((source) => source.granted);
  const data = { userId, role, sources: Object.keys(sources).sort(), reason: expired ? "Expired" : "Revoked" };
  return { type: "TenantAccessRevoked", generation, cause: expired ? cause : (causeOf(sources) ?? cause), data };
}

/** How the record tells of grants that moved. Throws `WriteContention` where one that gives access has to wait. */
function waiting(tenant: Tenant, moved: readonly Grant[]): Pick<Tenant, "pendingGrants" | "repair"> {
  const ids = [...new Set([...(tenant.pendingGrants ?? []), ...moved.map(grantId)])];
  if (ids.length <= PENDING_GRANTS) return { pendingGrants: ids };
  if (moved.some(({ granted }) => granted)) {
    throw new TenantryError(
      "WriteContention",
      `Tenant "${tenant.tenantId}" has ${tenant.pendingGrants?.length} changes of access under way; try again.`,
    );
  }
  return { pendingGrants: ids.slice(0, PENDING_GRANTS), repair: { objects: [], ...tenant.repair, allGrants: true } };
}
