import { type GrantOff, type GrantsReport, type GroupInTenant, planGrants } from "../../domain/grants-comparison.ts";
import { canonicalHash } from "../../domain/canonical.ts";
import type { DirectoryGroup, DirectoryUser, Membership, ProviderName } from "../../domain/identity.ts";
import type { Platform } from "../../domain/platform.ts";
import { rolesOf } from "../../domain/role-mapping.ts";
import type { Directory, Log, TenantStore } from "../../ports.ts";
import { membersOf } from "./change-members.ts";
import { groupDue, type IdentityPorts, newerThan, nowOf } from "./due.ts";
import { isAgain } from "./marks.ts";
import { userIdOf } from "./user-id.ts";

export type GrantsComparisonPorts = IdentityPorts & {
  store: Pick<TenantStore, "get" | "pageGrants">;
  platform: Platform;
  log: Log;
};

const PAGE = 500;

/**
 * Compares what a provider's groups should give by the directory with the grants that name them, and has the difference
 * worked on: what was lost between the two is given or taken back. Groups and tenants that are being worked on are left alone.
 * Removals above `identity.removeAtMost` are all left out, and told of.
 */
export async function compareGrants(provider: ProviderName, ports: GrantsComparisonPorts): Promise<GrantsReport> {
  const { platform, log, directory } = ports;
  const users = await usersOf(provider, directory);
  const resting = await groupsAtRest(provider, ports);
  const groups = resting.filter((group) => isMapped(group, platform));
  // The role mapping was edited: the group works out what that takes and gives.
  for (const group of resting.filter((one) => !groups.includes(one))) await groupDue(group, ports);
  const seen: GroupInTenant[] = [];
  for (const group of groups) seen.push(...(await lookAt(group, users, ports)));
  const { missing, surplus, report } = planGrants(seen, platform.identity.removeAtMost);
  const byUserId = new Map([...users.values()].flatMap((user) => [[userIdOf(user, ports) ?? "", user] as const]));
  const off = Map.groupBy([...missing, ...surplus], ({ groupId }) => groupId);
  for (const group of groups.filter(({ id }) => off.has(id))) {
    const standing = await membersOf(group, ports);
    for (const { userId } of off.get(group.id) ?? []) await reopen(group, userId, byUserId.get(userId), standing, ports);
    await groupDue(group, ports);
  }
  const told = { provider, ...report };
  if (report.refused > 0) log.error("A comparison of grants with the directory would remove too much: it removed nothing.", told);
  else if (report.added + report.removed > 0) log.warn("Grants were not as the directory says; they are mended.", told);
  return report;
}

async function usersOf(provider: ProviderName, directory: Directory): Promise<Map<string, DirectoryUser>> {
  const users = new Map<string, DirectoryUser>();
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await directory.pageUsers(provider, { limit: PAGE, after });
    for (const user of page.users) users.set(user.id, user);
    after = page.next;
  }
  return users;
}

/** Groups that give something, or gave it, and on which no work is due. */
async function groupsAtRest(provider: ProviderName, { directory, platform }: GrantsComparisonPorts): Promise<DirectoryGroup[]> {
  const groups: DirectoryGroup[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await directory.pageGroups(provider, { limit: PAGE, after });
    const resting = page.groups.filter(({ dueAt, deleted }) => dueAt === undefined && deleted !== true);
    groups.push(...resting.filter(({ displayName, mapped }) => mapped.length > 0 || rolesOf(provider, displayName, platform).length > 0));
    after = page.next;
  }
  return groups;
}

/** Whether what the group gave last is what the role mapping makes of its name now. */
const isMapped = ({ provider, displayName, mapped }: DirectoryGroup, platform: Platform): boolean =>
  canonicalHash(mapped) === canonicalHash(rolesOf(provider, displayName, platform));

async function lookAt(
  group: DirectoryGroup,
  users: ReadonlyMap<string, DirectoryUser>,
  ports: GrantsComparisonPorts,
): Promise<GroupInTenant[]> {
  const { provider, id: groupId, displayName } = group;
  const members = [...(await membersOf(group, ports)).values()].filter(({ member }) => member);
  const active = members.map(({ userId }) => users.get(userId)).filter((user) => user?.active === true && user.deleted !== true);
  const expected = new Set(active.flatMap((user) => (user === undefined ? [] : (userIdOf(user, ports) ?? []))));
  const seen: GroupInTenant[] = [];
  for (const { tenantId, role } of rolesOf(provider, displayName, ports.platform)) {
    const tenant = await ports.store.get(tenantId);
    if (tenant === undefined || tenant.desired.state !== "Active") continue;
    const actual = new Set<string>();
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await ports.store.pageGrants(tenantId, { limit: PAGE, after });
      for (const { userId, role: given, sources } of page.grants)
        if (given === role && sources[`${provider}:${groupId}`]?.granted === true) actual.add(userId);
      after = page.next;
    }
    seen.push({ groupId, tenantId, role, expected, actual });
  }
  return seen;
}

/** Has one membership judged again. A grant of somebody who is no member, or unknown, gets a removed membership to follow. */
async function reopen(
  { provider, id: groupId }: DirectoryGroup,
  grantedAs: GrantOff["userId"],
  user: DirectoryUser | undefined,
  standing: ReadonlyMap<string, Membership>,
  ports: GrantsComparisonPorts,
): Promise<void> {
  const { directory, platform } = ports;
  const userId = user?.id ?? `unknown:${grantedAs}`;
  const before = standing.get(userId);
  if (before?.member !== true) {
    const now = nowOf(ports);
    const ttl = Math.floor(Date.parse(now) / 1_000) + platform.retentionDays.dedupe * 86_400;
    await directory.putMembership({ provider, groupId, userId, member: false, at: newerThan(before?.at, now), cause: ports.cause, ttl });
  }
  const membership = await directory.getMembership(provider, groupId, userId);
  if (membership === undefined || isAgain(membership.synced)) return;
  await directory.markMembership(membership, { ...membership, synced: `again:${nowOf(ports)}`, grantedAs });
}
