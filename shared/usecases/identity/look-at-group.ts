import pLimit from "p-limit";
import type { RevokedBy } from "../../domain/access.ts";
import type { GroupInTenant } from "../../domain/grants-comparison.ts";
import type { DirectoryGroup, DirectoryUser, ProviderName } from "../../domain/identity.ts";
import type { Timestamp } from "../../domain/tenant.ts";
import type { Platform } from "../../domain/platform.ts";
import type { GrantsRounds, Log, TenantStore } from "../../ports.ts";
import { membersOf } from "./change-members.ts";
import type { IdentityPorts } from "./due.ts";
import { rolesNow } from "./map-group.ts";
import { userIdOf } from "./user-id.ts";

export type GrantsComparisonPorts = IdentityPorts & {
  store: Pick<TenantStore, "get" | "pageGrants">;
  rounds: GrantsRounds;
  platform: Platform;
  log: Log;
};

export interface Compared {
  group: DirectoryGroup;
  seen: GroupInTenant[];
}

/** Grants of one read. */
const PAGE = 500;
/** Users read at once. */
const AT_ONCE = 64;

export type UserOf = (id: string) => Promise<DirectoryUser | undefined>;

/** Reads users of a provider, each once. */
export function usersById(provider: ProviderName, { directory }: Pick<IdentityPorts, "directory">): UserOf {
  const limit = pLimit(AT_ONCE);
  const read = new Map<string, Promise<DirectoryUser | undefined>>();
  return (id) => {
    const found = read.get(id) ?? limit(() => directory.getUser(provider, id));
    read.set(id, found);
    return found;
  };
}

/** User ids of those whose deactivation at another provider still stands: who is forgotten there, or gone, stays out. */
async function stillInactive(
  taken: readonly { userId: string; revokedBy: RevokedBy }[],
  { directory }: GrantsComparisonPorts,
): Promise<ReadonlySet<string>> {
  const limit = pLimit(AT_ONCE);
  const out = taken.map(({ userId, revokedBy: { provider, user } }) =>
    limit(async () => {
      const found = await directory.getUser(provider, user);
      return found?.active === true && found.deleted !== true ? [] : [userId];
    }),
  );
  return new Set((await Promise.all(out)).flat());
}

/** What a group should give, and what it gives, in each of its tenants that is active. */
export async function lookAtGroup(group: DirectoryGroup, userOf: UserOf, ports: GrantsComparisonPorts): Promise<GroupInTenant[]> {
  const { provider, id: groupId } = group;
  const members = [...(await membersOf(group, ports)).values()].filter(({ member }) => member);
  const users = await Promise.all(members.map(({ userId }) => userOf(userId)));
  const active = users.filter((user) => user?.active === true && user.deleted !== true);
  const expected = new Set(active.flatMap((user) => (user === undefined ? [] : (userIdOf(user, ports) ?? []))));
  const seen: GroupInTenant[] = [];
  for (const { tenantId, role } of rolesNow(group, ports.platform)) {
    const tenant = await ports.store.get(tenantId);
    if (tenant === undefined || tenant.desired.state !== "Active") continue;
    const actual = new Set<string>();
    const revokedAt = new Map<string, Timestamp>();
    const taken: { userId: string; revokedBy: RevokedBy }[] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await ports.store.pageGrants(tenantId, { limit: PAGE, after });
      for (const { userId, role: given, sources } of page.grants) {
        const source = given === role ? sources[`${provider}:${groupId}`] : undefined;
        if (source?.granted === true) actual.add(userId);
        else if (source !== undefined && expected.has(userId)) {
          revokedAt.set(userId, source.at);
          if (source.revokedBy !== undefined) taken.push({ userId, revokedBy: source.revokedBy });
        }
      }
      after = page.next;
    }
    const out = await stillInactive(taken, ports);
    seen.push({ groupId, tenantId, role, expected: new Set([...expected].filter((id) => !out.has(id))), actual, revokedAt });
  }
  return seen;
}
