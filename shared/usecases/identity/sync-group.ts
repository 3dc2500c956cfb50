import { canonicalHash } from "../../domain/canonical.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { GrantAsked } from "../../domain/grant-intent.ts";
import { principalOfUser } from "../../domain/identity-config.ts";
import type { DirectoryGroup, DirectoryUser, MappedRole, Membership } from "../../domain/identity.ts";
import { rolesOf } from "../../domain/role-mapping.ts";
import { ttlAfter } from "../../domain/outbox.ts";
import type { Cause } from "../../domain/tenant.ts";
import { GRANTS_AT_ONCE, unlessMoved } from "../../ports.ts";
import { changeAccess } from "../change-access.ts";
import { type AccessPorts, DONE, isStuck, STUCK_MS, type Worked } from "./ports.ts";
import { isAgain, userIdOf } from "./user-id.ts";

/** Members of one page: one strongly consistent read, and a handful of writes for each tenant that they get access to. */
const PAGE = 100;
/** Until another look for a tenant that is not there yet, milliseconds, less and less often: a group may come before its tenant. */
const NO_TENANT_MS = { first: 60_000, most: 3_600_000 };
/** Until another try where a tenant has as many changes of access under way as it may, milliseconds. */
const BUSY_MS = 1_000;

/**
 * Gives and takes what the group's changed memberships come to. What a membership means is a function of the records
 * alone, dated by all of them, so that it does not matter who works on it, how often, and in which order.
 *
 *     membership (at) ──┐
 *     user (at, active) ┼─> granted or not, at = max, then sum ─> the grant's source `<provider>:<group>`: the highest wins
 *     mapping (mappedAt)┘
 *
 * @param timeLeft whether there is time for another page
 */
export async function syncGroup(provider: string, groupId: string, timeLeft: () => boolean, ports: AccessPorts): Promise<Worked> {
  const { directory } = ports;
  const found = await directory.getGroup(provider, groupId);
  if (found?.dueAt === undefined) return DONE;
  const group = await mapped(found, ports);
  const cause: Cause = { actor: `identity:${provider}`, correlationId: `${provider}:${groupId}`, causationId: group.mappedAt };
  const idle = group.mapped.length === 0;
  /** Tenants that could not be changed, and why: the others go on. */
  const waiting = new Map<string, Wait>();
  for (let after: string | undefined, more = !idle; more; ) {
    if (!timeLeft()) return { again: { afterMs: 0, reason: "the time is up" } };
    const page = await directory.pageMembers(provider, groupId, { limit: PAGE, after, unsynced: group.passing !== true });
    const todo = page.memberships.filter(({ at, synced, mappedAt }) => synced !== at || mappedAt !== group.mappedAt);
    await syncMembers(group, todo, waiting, cause, ports);
    after = page.next;
    more = after !== undefined;
  }
  const [soonest] = [...waiting.values()].sort((a, b) => a.afterMs - b.afterMs);
  if (soonest !== undefined) return { again: soonest };
  const { platform } = ports;
  const ended = group.deleted === true ? forget(group, ports) : written(group, { ...group, mapped: rolesNow(group, platform) }, ports);
  return (await ended) ? DONE : { again: { afterMs: 0, reason: "the group changed meanwhile" } };
}

interface Wait {
  afterMs: number;
  reason: string;
}

/** The group with what the mapping now makes of its name; a change of that is recorded before anything follows from it. */
async function mapped(group: DirectoryGroup, { directory, platform, clock }: AccessPorts): Promise<DirectoryGroup> {
  const roles = rolesNow(group, platform);
  const mappedFor = canonicalHash(roles);
  if (group.mappedFor === mappedFor) return group;
  const now = clock.now().toISOString();
  const after: DirectoryGroup = {
    ...group,
    mapped: union(group.mapped, roles),
    // Newer than what followed from the mapping before.
    mappedAt: group.mappedAt >= now ? new Date(Date.parse(group.mappedAt) + 1).toISOString() : now,
    mappedFor,
    passing: true,
    version: group.version + 1,
  };
  await directory.writeGroup(group, after);
  return after;
}

const rolesNow = (group: DirectoryGroup, platform: AccessPorts["platform"]): MappedRole[] =>
  group.deleted === true ? [] : rolesOf(group.provider, group.displayName, platform);

const same = (a: MappedRole, b: MappedRole): boolean => a.tenantId === b.tenantId && a.role === b.role;
const union = (before: MappedRole[], now: MappedRole[]): MappedRole[] => [
  ...before.filter((old) => !now.some((one) => same(old, one))),
  ...now,
];

/** Forgets a deleted group's members; the group itself is remembered for as long as late words may come. */
async function forget(group: DirectoryGroup, ports: AccessPorts): Promise<boolean> {
  const { directory, clock, platform } = ports;
  for (let more = true; more; ) {
    const page = await directory.pageMembers(group.provider, group.id, { limit: PAGE });
    await Promise.all(page.memberships.map((membership) => directory.deleteMembership(membership)));
    more = page.next !== undefined;
  }
  return written(group, { ...group, mapped: [], ttl: ttlAfter(clock.now().toISOString(), platform.retentionDays.tombstone) }, ports);
}

/** Writes the group without its due time; false where somebody touched it meanwhile. */
async function written(
  before: DirectoryGroup,
  { dueAt: _due, passing: _passing, ...after }: DirectoryGroup,
  { directory }: AccessPorts,
): Promise<boolean> {
  return await unlessMoved(directory.writeGroup(before, { ...after, version: before.version + 1 }));
}

/** Records the grants of some memberships, tenant by tenant, and marks the memberships that wait for none. */
async function syncMembers(
  group: DirectoryGroup,
  members: readonly Membership[],
  waiting: Map<string, Wait>,
  cause: Cause,
  ports: AccessPorts,
): Promise<void> {
  const { directory } = ports;
  const seen = await Promise.all(
    members.map(async (membership) => ({ membership, user: await directory.getUser(group.provider, membership.userId) })),
  );
  const asked = new Map<string, GrantAsked[]>();
  for (const { membership, user } of seen) {
    for (const { tenantId, ...one } of askedFor(group, membership, user, ports)) {
      asked.set(tenantId, [...(asked.get(tenantId) ?? []), one]);
    }
  }
  for (const [tenantId, all] of asked) {
    for (let start = 0; start < all.length && !waiting.has(tenantId); start += GRANTS_AT_ONCE) {
      const wait = await record(tenantId, all.slice(start, start + GRANTS_AT_ONCE), group, cause, ports);
      if (wait !== undefined) waiting.set(tenantId, wait);
    }
  }
  if ([...asked.keys()].some((tenantId) => waiting.has(tenantId))) return;
  await Promise.all(
    seen.map(({ membership, user }) =>
      directory.markMembership(membership, {
        synced: membership.at,
        mappedAt: group.mappedAt,
        grantedAs: user === undefined ? membership.grantedAs : userIdOf(user, ports),
      }),
    ),
  );
}

/** What a membership says of the grants that the group gives, or gave. */
function askedFor(
  group: DirectoryGroup,
  membership: Membership,
  user: DirectoryUser | undefined,
  ports: AccessPorts,
): (GrantAsked & { tenantId: string })[] {
  const now = rolesNow(group, ports.platform);
  const userId = user && userIdOf(user, ports);
  const times = [membership.at, user?.at, group.mappedAt].filter((time) => time !== undefined);
  const at = times.toSorted().at(-1) ?? membership.at;
  // Each of the three only moves on, so a later word on any of them makes a larger sum where the newest is the same.
  const order = times.reduce((sum, time) => sum + Date.parse(time), 0);
  const template = ports.platform.identity.providers[group.provider]?.principalArn;
  const source = `${group.provider}:${group.id}`;
  const { cause } = saidBy(membership, user, group);
  const stands = membership.member && user?.active === true && user.deleted !== true;
  const former = membership.grantedAs !== undefined && membership.grantedAs !== userId ? [membership.grantedAs] : [];
  // Whoever was at it while the name changed may have given to a name that nobody noted down.
  const earlier = (user?.former ?? []).flatMap(({ until, ...name }) => {
    const old = user && userIdOf({ ...user, ...name }, ports);
    return old === undefined || old === userId || former.includes(old)
      ? []
      : [{ userId: old, granted: false, at: until, order: undefined }];
  });
  return group.mapped.flatMap(({ tenantId, role }) => {
    const common = { tenantId, role, source, group: group.displayName, at, order, cause };
    const granted = stands && now.some((one) => same(one, { tenantId, role }));
    return [
      ...(userId === undefined
        ? []
        : [{ ...common, userId, granted, ...(granted && { principalArn: principalOfUser(template, userId) }) }]),
      ...former.map((old) => ({ ...common, userId: old, granted: false })),
      ...earlier.map((old) => ({ ...common, ...old })),
    ];
  });
}

/** Whose word it is that brings the membership up. */
const saidBy = (membership: Membership, user: DirectoryUser | undefined, group: DirectoryGroup): { cause?: Cause | undefined } =>
  membership.synced === membership.at ? group : isAgain(membership.synced) && user !== undefined ? user : membership;

async function record(
  tenantId: string,
  asked: GrantAsked[],
  group: DirectoryGroup,
  cause: Cause,
  ports: AccessPorts,
): Promise<Wait | undefined> {
  try {
    await changeAccess({ tenantId, cause, occurredAt: ports.clock.now().toISOString() }, asked, ports);
    return undefined;
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    if (error.code === "TenantDeleting" || error.code === "TenantDeleted") return undefined;
    if (error.code === "TenantNotFound") {
      // Nobody loses what was never given: only a grant waits for its tenant.
      const age = ports.clock.now().getTime() - Date.parse(group.updatedAt);
      const afterMs = Math.min(NO_TENANT_MS.most, Math.max(NO_TENANT_MS.first, age / 2));
      return asked.some(({ granted }) => granted) ? { afterMs, reason: error.message } : undefined;
    }
    if (error.code === "WriteContention") {
      const tenant = await ports.store.get(tenantId);
      return { afterMs: tenant !== undefined && isStuck(tenant) ? STUCK_MS : BUSY_MS, reason: error.message };
    }
    throw error;
  }
}
