import pLimit from "p-limit";
import { TenantryError } from "../../domain/errors.ts";
import type { DirectoryGroup, Membership } from "../../domain/identity.ts";
import type { Timestamp } from "../../domain/tenant.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import { groupDue, type IdentityPorts, LEFT_UNDONE_MS, newerThan, nowOf, plusMs } from "./due.ts";

/** A word on one membership; dated by the provider, or newer than all that was said before. */
export interface MemberChange {
  userId: string;
  member: boolean;
  at: Timestamp | "newest";
}

/** Writes of memberships under way at once. */
const AT_ONCE = 64;
/** From so many on, the whole group is read page by page instead of each membership. */
const MANY = 100;
/** DynamoDB answers a megabyte at a time, which is some thousands. */
const PAGE = 10_000;
/** Rounds against others that are at the same membership. */
const TRIES = 8;

/**
 * Writes memberships, one conditional write each, and makes their group due. What stands already is left as it is, so a
 * call that ended half-way is repeated and does the rest.
 *
 *     due later ─> memberships ─> due now, and a message
 *         └─ died here: the sweep finds the group
 *
 * @param timeLeft whether there is time for more
 * @param known what stands of the group's memberships, where it was read
 * @throws TenantryError `WriteContention` where the time was up; what was written by then is worked on
 */
export async function changeMembers(
  group: DirectoryGroup,
  changes: readonly MemberChange[],
  ports: IdentityPorts,
  timeLeft: () => boolean = () => true,
  known?: ReadonlyMap<string, Membership>,
): Promise<void> {
  // Also where it is due already: what is due may be done before the memberships are written.
  await ports.directory.touchGroup(group.provider, group.id, plusMs(nowOf(ports), LEFT_UNDONE_MS));
  const standing = known ?? (changes.length < MANY ? undefined : await membersOf(group, ports));
  const read = async (userId: string) =>
    standing === undefined ? await ports.directory.getMembership(group.provider, group.id, userId) : standing.get(userId);
  const limit = pLimit(AT_ONCE);
  let late = 0;
  await whenAllEnded(
    changes.map((change) =>
      limit(async () => {
        if (!timeLeft()) late += 1;
        else await changeMember(group, change, await read(change.userId), ports);
      }),
    ),
  );
  await groupDue(group, ports);
  if (late > 0)
    throw new TenantryError("WriteContention", `The time was up with ${late} of ${changes.length} members to go: repeat the call.`);
}

/** What stands of a group's memberships, removed ones too, by user id. */
export async function membersOf(
  { provider, id }: Pick<DirectoryGroup, "provider" | "id">,
  { directory }: Pick<IdentityPorts, "directory">,
): Promise<Map<string, Membership>> {
  const found = new Map<string, Membership>();
  let after: string | undefined;
  do {
    const page = await directory.pageMembers(provider, id, { limit: PAGE, after });
    for (const membership of page.memberships) found.set(membership.userId, membership);
    after = page.next;
  } while (after !== undefined);
  return found;
}

async function changeMember(
  { provider, id: groupId }: DirectoryGroup,
  { userId, member, at }: MemberChange,
  read: Membership | undefined,
  ports: IdentityPorts,
): Promise<void> {
  const now = nowOf(ports);
  const ttl = member ? undefined : Math.floor(Date.parse(now) / 1_000) + ports.platform.retentionDays.dedupe * 86_400;
  const put = (when: Timestamp): Promise<boolean> =>
    ports.directory.putMembership({ provider, groupId, userId, member, at: when, cause: ports.cause, ttl });
  if (at !== "newest") {
    await put(at);
    return;
  }
  let standing = read;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // That they are still out is a word, too: an older one that comes later must not let them in.
    if ((standing?.member ?? false) === member && (member || (standing !== undefined && standing.at >= now))) return;
    if (await put(newerThan(standing?.at, now))) return;
    standing = await ports.directory.getMembership(provider, groupId, userId);
  }
  throw new TenantryError("WriteContention", `Others are changing the membership of ${userId}. Try again.`);
}
