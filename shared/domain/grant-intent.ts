import {
  expiryOf,
  type Grant,
  type GrantKey,
  type GrantSource,
  giving,
  grantId,
  isGranted,
  type SourceName,
  DIRECT,
  isLate,
} from "./access.ts";
import { TenantryError } from "./errors.ts";
import { dueOf } from "./identity-mapping.ts";
import type { Intent } from "./intent.ts";
import { judge } from "./lifecycle.ts";
import { ttlAfter } from "./outbox.ts";
import type { Announcement, Cause, Tenant, Timestamp } from "./tenant.ts";

/** Changes of grants that a tenant may have waiting for the cluster before another grant has to wait. */
export const PENDING_GRANTS = 50;

/** Events that may wait in a tenant's record, some 300 bytes each, before even a revoke is refused. */
const MOST_UNSAID = 500;

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
    const after = grantOf({ tenantId, ...key }, standing, { sources, granted, dueAt, now, rememberDays });
    writes.push({ before: standing, after });
    if (granted !== (standing?.granted ?? false)) moved.push(after);
  }
  if (moved.length === 0) return { after: tenant, settled: true, grants: writes };
  return { after: moving(tenant, moved, cause, now), grants: writes };
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
  for (const { source, granted, at, order, expiresAt, principalArn, group, cause: own = cause } of asked) {
    const standing = result[source];
    const next: GrantSource = { granted, at, order, expiresAt, principalArn, group, cause: own };
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
  { now, rememberDays, ...said }: Pick<Grant, "sources" | "granted" | "dueAt"> & { now: Timestamp; rememberDays: number },
): Grant {
  return {
    ...key,
    ...said,
    mapping: standing?.mapping,
    version: (standing?.version ?? 0) + 1,
    createdAt: standing?.granted === true || !said.granted ? (standing?.createdAt ?? now) : now,
    updatedAt: now,
    ttl: said.granted || standing?.mapping !== undefined ? undefined : ttlAfter(now, rememberDays),
  };
}

/** Who said the last word. */
const causeOf = (sources: Grant["sources"]): Cause | undefined =>
  Object.values(sources)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1)?.cause;

function moving(tenant: Tenant, moved: readonly Grant[], cause: Cause, now: Timestamp): Tenant {
  const pendingGrants = [...new Set([...(tenant.pendingGrants ?? []), ...moved.map(grantId)])];
  // What takes access away is recorded for long after what gives it has to wait: of a paused tenant, say.
  const granting = moved.some(({ granted }) => granted);
  if (granting ? pendingGrants.length > PENDING_GRANTS : tenant.announcements.length + moved.length > MOST_UNSAID) {
    throw new TenantryError(
      "WriteContention",
      `Tenant "${tenant.tenantId}" has ${tenant.pendingGrants?.length} changes of access under way; try again.`,
    );
  }
  const generation = tenant.generation + 1;
  const announced = moved.map((grant): Announcement => {
    const { userId, role, granted, sources } = grant;
    const type = granted ? "TenantAccessGranted" : "TenantAccessRevoked";
    const expired = !granted && Object.values(sources).some((source) => source.granted);
    const data = granted
      ? { userId, role, sources: giving(grant, now), expiresAt: expiryOf(grant, now) }
      : { userId, role, sources: Object.keys(sources).sort(), reason: expired ? "Expired" : "Revoked" };
    return { type, generation, cause: expired ? cause : (causeOf(sources) ?? cause), data };
  });
  return {
    ...tenant,
    generation,
    cause,
    hasGrants: true,
    pendingGrants,
    announcements: [...tenant.announcements, ...announced],
    updatedAt: now,
  };
}
