import type { DirectoryUser, Membership, Removal } from "../../domain/identity.ts";
import { ttlAfter } from "../../domain/outbox.ts";
import type { Timestamp } from "../../domain/tenant.ts";
import { unlessMoved } from "../../ports.ts";
import { groupDue } from "./due.ts";
import { again, isAgainSince } from "./marks.ts";
import { type AccessPorts, DONE, type Worked } from "./ports.ts";
import { revokeAll } from "./revoke-all-grants.ts";
import { userIdOf } from "./user-id.ts";

/** Until another look whether the clusters have it, milliseconds: what comes soon is seen soon, and what is held for days is asked seldom. */
const LOOK_MS = { first: 1_000, most: 60_000 };
/** The index of a person's groups and grants is this old at the most, milliseconds: a last look comes after it. */
const INDEX_AGE_MS = 10_000;

/**
 * What follows when a person's name, or whether they are active, changed: each of their groups judges their membership anew,
 * and one who is not active any more loses every grant in every tenant, whatever gave it. Resumable: what is done is seen.
 *
 * Their groups and grants are found by an index that may be behind, so that they are looked for twice:
 *
 *     change ─> look ── the age of the index ──> last look ─> not due any more
 */
export async function syncUser(provider: string, id: string, timeLeft: () => boolean, ports: AccessPorts): Promise<Worked> {
  const found = await ports.directory.getUser(provider, id);
  if (found?.dueAt === undefined) return DONE;
  const now = ports.clock.now().toISOString();
  const { lookedAt = now } = found;
  const user: DirectoryUser = { ...found, lookedAt };
  const isLast = Date.parse(now) - Date.parse(lookedAt) >= INDEX_AGE_MS;
  if (found.lookedAt === undefined || isLast) await judgeAnew(found, now, ports);
  if (!user.active || user.deleted === true) return removeAll(user, timeLeft, ports);
  if (!isLast) return (await written(found, user, ports)) ? { again: { afterMs: INDEX_AGE_MS, reason: "a last look" } } : CHANGED;
  const { dueAt: _due, removal: _removal, lookedAt: _looked, ...rest } = user;
  return (await written(found, rest, ports)) ? DONE : CHANGED;
}

const CHANGED: Worked = { again: { afterMs: 0, reason: "the user changed meanwhile" } };

/**
 * Every membership that was judged before the change is to be worked on again: its mark changes, so that whoever is at it
 * with the old user cannot mark it done. The last look passes over what the first one marked: those groups were made due.
 */
async function judgeAnew(user: DirectoryUser, now: Timestamp, ports: AccessPorts): Promise<void> {
  const { provider, id } = user;
  const { directory } = ports;
  for (const groupId of await directory.groupsOf(provider, id)) {
    const membership = await directory.getMembership(provider, groupId, id);
    if (membership === undefined || follows(membership, user, ports)) continue;
    if (user.lookedAt !== undefined && isAgainSince(membership.synced, user.lookedAt)) continue;
    await directory.markMembership(membership, { ...membership, synced: again(now) });
    await groupDue({ provider, id: groupId }, ports);
  }
}

/** Whether a membership's grants follow the user as they are now. */
const follows = ({ at, synced, userAt, grantedAs }: Membership, user: DirectoryUser, ports: AccessPorts): boolean =>
  synced === at && userAt === user.at && grantedAs === userIdOf(user, ports);

/** Takes back every grant that was given before the deactivation, and reports when the last of them was gone from its cluster. */
async function removeAll(user: DirectoryUser, timeLeft: () => boolean, ports: AccessPorts): Promise<Worked> {
  const now = ports.clock.now();
  const removal: Removal = user.removal?.of === user.at ? user.removal : { startedAt: now.toISOString(), of: user.at, grants: 0 };
  const came = await revokeAll(user, timeLeft, ports);
  const grants = removal.grants + came.taken;
  if (came.open) {
    const kept = await written(user, { ...user, removal: { ...removal, grants, finishedAt: undefined } }, ports);
    const waitedMs = came.taken > 0 ? 0 : now.getTime() - Date.parse(removal.startedAt);
    const afterMs = Math.min(LOOK_MS.most, Math.max(LOOK_MS.first, waitedMs / 4));
    return kept ? { again: { afterMs, reason: "grants are being taken back" } } : CHANGED;
  }
  const finishedAt = removal.finishedAt ?? ports.clock.now().toISOString();
  const last = now.getTime() - Date.parse(removal.finishedAt ?? now.toISOString()) >= INDEX_AGE_MS;
  if (removal.finishedAt === undefined) {
    const seconds = (Date.parse(finishedAt) - Date.parse(user.at)) / 1_000;
    ports.log.info("All access of a deactivated user is gone.", { provider: user.provider, user: user.id, grants, seconds });
  }
  const told = { ...user, removal: { ...removal, grants, finishedAt } };
  if (!last) {
    return (await written(user, told, ports)) ? { again: { afterMs: INDEX_AGE_MS, reason: "a last look" } } : CHANGED;
  }
  const { dueAt: _due, lookedAt: _looked, ...rest } = told;
  const ttl = user.deleted === true ? ttlAfter(finishedAt, ports.platform.retentionDays.tombstone) : undefined;
  return (await written(user, { ...rest, ttl }, ports)) ? DONE : CHANGED;
}

/** Writes the user: without a due time where nothing is left to do. False where somebody changed it meanwhile. */
async function written(before: DirectoryUser, after: DirectoryUser, { directory }: AccessPorts): Promise<boolean> {
  return await unlessMoved(directory.writeUser(before, { ...after, version: before.version + 1 }));
}
