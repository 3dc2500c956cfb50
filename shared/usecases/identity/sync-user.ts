import { DIRECT, type Grant, grantId, isApplied, type SourceName } from "../../domain/access.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { GrantAsked } from "../../domain/grant-intent.ts";
import type { DirectoryUser, Membership, Removal } from "../../domain/identity.ts";
import { ttlAfter } from "../../domain/outbox.ts";
import type { Cause, Timestamp } from "../../domain/tenant.ts";
import { unlessMoved } from "../../ports.ts";
import { changeAccess } from "../change-access.ts";
import { groupDue } from "./due.ts";
import { again, isAgainSince } from "./marks.ts";
import { type AccessPorts, DONE, isStuck, STUCK_MS, type Worked } from "./ports.ts";
import { userIdOf } from "./user-id.ts";

/** Tenants whose grants are taken back side by side. */
const AT_ONCE = 16;
/** Until another look whether the clusters have it, milliseconds. */
const LOOK_MS = 1_000;
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
  if (found.lookedAt === undefined || isLast) await judgeAnew(user, lookedAt, ports);
  if (!user.active || user.deleted === true) return removeAll(user, timeLeft, ports);
  if (!isLast) return (await written(found, user, ports)) ? { again: { afterMs: INDEX_AGE_MS, reason: "a last look" } } : CHANGED;
  const { dueAt: _due, removal: _removal, lookedAt: _looked, ...rest } = user;
  return (await written(found, rest, ports)) ? DONE : CHANGED;
}

const CHANGED: Worked = { again: { afterMs: 0, reason: "the user changed meanwhile" } };

/**
 * Every membership that was judged before the change is to be worked on again: its mark changes, so that whoever is at it
 * with the old user cannot mark it done.
 */
async function judgeAnew(user: DirectoryUser, since: Timestamp, ports: AccessPorts): Promise<void> {
  const { provider, id } = user;
  const { directory } = ports;
  for (const groupId of await directory.groupsOf(provider, id)) {
    const membership = await directory.getMembership(provider, groupId, id);
    if (membership === undefined || follows(membership, user, ports) || isAgainSince(membership.synced, since)) continue;
    await directory.markMembership(membership, { ...membership, synced: again(since) });
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
  const came = await takeBackAll(user, timeLeft, ports);
  const grants = removal.grants + came.taken;
  if (came.open) {
    const kept = await written(user, { ...user, removal: { ...removal, grants, finishedAt: undefined } }, ports);
    return kept ? { again: { afterMs: came.stuck ? STUCK_MS : LOOK_MS, reason: "grants are being taken back" } } : CHANGED;
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

/** `open`: some may be left, or a cluster does not have it yet; `stuck`: nothing but tenants that are paused or fail are open. */
interface Came {
  taken: number;
  open: boolean;
  stuck: boolean;
}

async function takeBackAll(user: DirectoryUser, timeLeft: () => boolean, ports: AccessPorts): Promise<Came> {
  const found = await grantsOf(user, ports);
  let taken = 0;
  let open = false;
  let moving = false;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = found.pop(); next !== undefined; next = found.pop()) {
      if (!timeLeft()) {
        open = true;
        moving = true;
        return;
      }
      const came = await takeBack(next, user, ports);
      taken += came.taken;
      open ||= came.open;
      moving ||= came.open && !came.stuck;
    }
  });
  await Promise.all(workers);
  return { taken, open, stuck: open && !moving };
}

/** Grants of one tenant, to a name that the person has, or had until then. */
interface Held {
  tenantId: string;
  ids: string[];
  until: Timestamp;
}

/** A person's grants, by tenant, under each name that they had. */
async function grantsOf(user: DirectoryUser, ports: AccessPorts): Promise<Held[]> {
  const found = new Map<string, Held>();
  for (const { until, ...name } of [{ ...user, until: user.at }, ...(user.former ?? []).map((former) => ({ ...user, ...former }))]) {
    const userId = userIdOf(name, ports);
    for (let after: string | undefined, more = userId !== undefined; more && userId !== undefined; more = after !== undefined) {
      const page = await ports.grants.ofUser(userId, after);
      for (const key of page.keys) {
        const held = found.get(`${key.tenantId}\n${userId}\n${until}`) ?? { tenantId: key.tenantId, ids: [], until };
        found.set(`${key.tenantId}\n${userId}\n${until}`, { ...held, ids: [...held.ids, grantId(key)] });
      }
      after = page.next;
    }
  }
  return [...found.values()];
}

async function takeBack({ tenantId, ids, until }: Held, user: DirectoryUser, ports: AccessPorts): Promise<Came> {
  const grants = [...(await ports.store.getGrants(tenantId, ids)).values()];
  const asked = grants.flatMap((grant) => revokesOf(grant, until, user));
  if (asked.length === 0) {
    const tenant = await ports.store.get(tenantId);
    const open = grants.some((grant) => !isApplied(grant, tenant?.pendingGrants));
    return { taken: 0, open, stuck: tenant !== undefined && isStuck(tenant) };
  }
  const cause: Cause = user.cause ?? {
    actor: `identity:${user.provider}`,
    correlationId: `${user.provider}:${user.id}`,
    causationId: user.at,
  };
  try {
    await changeAccess({ tenantId, cause, occurredAt: user.at }, asked, ports);
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    const open = error.code === "WriteContention";
    const tenant = open ? await ports.store.get(tenantId) : undefined;
    return { taken: 0, open, stuck: tenant !== undefined && isStuck(tenant) };
  }
  return { taken: grants.filter(({ granted }) => granted).length, open: true, stuck: false };
}

/**
 * Every source of the grant but one that gave it later than that: it was somebody's newer word. What another provider's group
 * gave comes back with the person; what was given directly does not.
 */
function revokesOf({ userId, role, sources }: Grant, until: Timestamp, { provider, id, at }: DirectoryUser): GrantAsked[] {
  const isOthers = (source: SourceName): boolean => source !== DIRECT && !source.startsWith(`${provider}:`);
  return Object.entries(sources)
    .filter(([, source]) => source.granted && source.at <= until)
    .map(([source, { group }]) => {
      const takenBy = isOthers(source) ? { provider, user: id } : undefined;
      return { userId, role, source, granted: false, at, group, takenBy };
    });
}

/** Writes the user: without a due time where nothing is left to do. False where somebody changed it meanwhile. */
async function written(before: DirectoryUser, after: DirectoryUser, { directory }: AccessPorts): Promise<boolean> {
  return await unlessMoved(directory.writeUser(before, { ...after, version: before.version + 1 }));
}
