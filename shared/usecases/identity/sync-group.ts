import type { DirectoryGroup, Membership } from "../../domain/identity.ts";
import { ttlAfter } from "../../domain/outbox.ts";
import type { Cause } from "../../domain/tenant.ts";
import { GRANTS_AT_ONCE, unlessMoved } from "../../ports.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import { mapGroup, rolesNow } from "./map-group.ts";
import { hasWork, mayLose } from "./marks.ts";
import { type AccessPorts, DONE, type Worked } from "./ports.ts";
import { type MembersWork, recordMembers, recordRevokes } from "./record-members.ts";

/** Memberships that one read brings: about a megabyte. */
const PAGE = 2_500;
/** Members that are judged and recorded at once: a write or two for each tenant. */
const SLICE = GRANTS_AT_ONCE;

const LATE: Worked = { again: { afterMs: 0, reason: "the time is up" } };
const CHANGED: Worked = { again: { afterMs: 0, reason: "the group changed meanwhile" } };

/**
 * Gives and takes what the group's changed memberships come to (`judgeMembership`): first all that they take back, then what
 * they give, as a tenant takes many revokes and few grants at once. What is done is marked member by member; where a tenant
 * has to wait, `progress` says from where to go on while nobody touches the group.
 *
 * @param timeLeft whether there is time for more members
 */
export async function syncGroup(provider: string, groupId: string, timeLeft: () => boolean, ports: AccessPorts): Promise<Worked> {
  const found = await ports.directory.getGroup(provider, groupId);
  if (found?.dueAt === undefined) return DONE;
  const group = await mapGroup(found, ports);
  const cause: Cause = { actor: `identity:${provider}`, correlationId: `${provider}:${groupId}`, causationId: group.mappedAt };
  const work: MembersWork = { group, cause, waiting: { revokes: new Map(), grants: new Map() }, ports };
  if (group.mapped.length > 0) {
    const progress = group.progress?.version === group.version ? group.progress : undefined;
    if (progress === undefined && !(await revokePass(work, timeLeft))) return LATE;
    const stopped = await grantPass(work, progress?.after, timeLeft);
    if (stopped === "late") return LATE;
    const { revokes, grants } = work.waiting;
    if (revokes.size === 0 && stopped !== undefined)
      await ports.directory.noteProgress(group, { version: group.version, after: stopped.after });
    const [soonest] = [...revokes.values(), ...grants.values()].sort((a, b) => a.afterMs - b.afterMs);
    if (soonest !== undefined) return { again: soonest };
  }
  if (group.deleted === true) return await forget(group, timeLeft, ports);
  return (await finish(group, { ...group, mapped: rolesNow(group, ports.platform) }, ports)) ? DONE : CHANGED;
}

/** Records every revoke; false where the time was up. */
async function revokePass(work: MembersWork, timeLeft: () => boolean): Promise<boolean> {
  for await (const { members } of slices(work, undefined, (membership) => mayLose(membership, work.group))) {
    if (!timeLeft()) return false;
    await recordRevokes(members, work);
  }
  return true;
}

/** Records every grant, until all tenants that are given any wait. Answers after which member the first of them had to. */
async function grantPass(
  work: MembersWork,
  from: string | undefined,
  timeLeft: () => boolean,
): Promise<"late" | { after: string | undefined } | undefined> {
  const { group, ports, waiting } = work;
  const tenants = new Set(rolesNow(group, ports.platform).map(({ tenantId }) => tenantId));
  let stopped: { after: string | undefined } | undefined;
  let after = from;
  for await (const { members, last } of slices(work, from, () => true)) {
    if (!timeLeft()) return "late";
    if (tenants.size > 0 && [...tenants].every((tenantId) => waiting.grants.has(tenantId))) break;
    await recordMembers(members, work);
    if (waiting.grants.size > 0) stopped ??= { after };
    after = last;
  }
  return stopped;
}

/** The memberships after one that have work to be done and are picked, a few at a time, in the order of user ids. */
async function* slices(
  { group, ports }: MembersWork,
  from: string | undefined,
  picks: (membership: Membership) => boolean,
): AsyncGenerator<{ members: Membership[]; last: string | undefined }> {
  const { provider, id, passing } = group;
  let after = from;
  do {
    const page = await ports.directory.pageMembers(provider, id, { limit: PAGE, after, unsynced: passing !== true });
    const todo = page.memberships.filter((membership) => hasWork(membership, group) && picks(membership));
    for (let start = 0; start < todo.length; start += SLICE) {
      const members = todo.slice(start, start + SLICE);
      yield { members, last: members.at(-1)?.userId };
    }
    after = page.next;
  } while (after !== undefined);
}

/** Forgets a deleted group's members; the group itself is remembered for as long as late words may come. */
async function forget(group: DirectoryGroup, timeLeft: () => boolean, ports: AccessPorts): Promise<Worked> {
  const { directory, clock, platform } = ports;
  for (let more = true; more; ) {
    if (!timeLeft()) return LATE;
    const page = await directory.pageMembers(group.provider, group.id, { limit: 100 });
    await whenAllEnded(page.memberships.map((membership) => directory.deleteMembership(membership)));
    more = page.next !== undefined;
  }
  const ttl = ttlAfter(clock.now().toISOString(), platform.retentionDays.tombstone);
  return (await finish(group, { ...group, mapped: [], ttl }, ports)) ? DONE : CHANGED;
}

/** Writes the group without its due time; false where somebody touched it meanwhile. */
async function finish(
  before: DirectoryGroup,
  { dueAt: _due, passing: _passing, progress: _progress, ...after }: DirectoryGroup,
  { directory }: AccessPorts,
): Promise<boolean> {
  return await unlessMoved(directory.writeGroup(before, { ...after, version: before.version + 1 }));
}
