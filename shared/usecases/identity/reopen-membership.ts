import type { GrantOff } from "../../domain/grants-comparison.ts";
import type { DirectoryGroup, Membership } from "../../domain/identity.ts";
import { membersOf } from "./change-members.ts";
import { newerThan, nowOf, plusMs } from "./due.ts";
import type { GrantsComparisonPorts, UserOf } from "./look-at-group.ts";
import { again, isAgain } from "./marks.ts";
import { userIdOf } from "./user-id.ts";

/**
 * How to have a membership of a group judged again, found by the user id of a grant. A grant of somebody who is no member, or
 * unknown, gets a removed membership to follow. Idempotent; answers true once it is written.
 */
export async function membershipsOf(
  group: DirectoryGroup,
  userOf: UserOf,
  ports: GrantsComparisonPorts,
): Promise<(off: Pick<GrantOff, "userId" | "revokedAt">) => Promise<true>> {
  const { directory, platform } = ports;
  const { provider, id: groupId } = group;
  const standing = await membersOf(group, ports);
  const byUserId = new Map<string, Membership>();
  for (const membership of standing.values()) if (membership.grantedAs !== undefined) byUserId.set(membership.grantedAs, membership);
  // Whom a member's user names goes before whom they were given to.
  for (const membership of standing.values()) {
    const user = membership.member ? await userOf(membership.userId) : undefined;
    const named = user && userIdOf(user, ports);
    if (named !== undefined) byUserId.set(named, membership);
  }
  return async ({ userId: grantedAs, revokedAt }) => {
    const before = byUserId.get(grantedAs);
    const userId = before?.userId ?? `unknown:${grantedAs}`;
    if (before?.member !== true) {
      const now = nowOf(ports);
      const ttl = Math.floor(Date.parse(now) / 1_000) + platform.retentionDays.dedupe * 86_400;
      await directory.putMembership({ provider, groupId, userId, member: false, at: newerThan(before?.at, now), cause: ports.cause, ttl });
    }
    const membership = await directory.getMembership(provider, groupId, userId);
    if (membership === undefined || isAgain(membership.synced)) return true;
    const notBefore = revokedAt === undefined ? membership.notBefore : newerThan(membership.notBefore, plusMs(revokedAt, 1));
    await directory.markMembership(membership, { ...membership, synced: again(nowOf(ports)), notBefore, grantedAs });
    return true;
  };
}
