import { type Grant, grantId } from "../../../../shared/domain/access.ts";
import { hasMappingWork, nextChange } from "../../../../shared/domain/identity-mapping.ts";
import type { DirectoryGroup, DirectoryUser, Membership } from "../../../../shared/domain/identity.ts";
import type { Tenant } from "../../../../shared/domain/tenant.ts";
import type { World } from "../world.ts";

/** What is not done has a due time in the table, by which the sweep finds it. */
export function dueTimes(world: World): string[] {
  const { table, directory } = world;
  return [
    ...[...table.tenants.values()].flatMap(undueTenant),
    ...[...table.grants.values()].flatMap((grant) => undueGrant(grant, table.tenants.get(grant.tenantId), world.now())),
    ...[...directory.groups.values()].flatMap((group) => undueGroup(group, unfollowed(world, group))),
    ...[...directory.users.values()].flatMap(undueUser),
  ];
}

function undueTenant({ tenantId, dueAt, lease, status, generation, desired, announcements, pendingGrants = [] }: Tenant): string[] {
  if (dueAt !== undefined || status.deletedAt !== undefined) return [];
  const reasons = [
    lease !== undefined && `has a lease of ${lease.owner}`,
    // A paused tenant waits for a person, who makes it due.
    ...(desired.paused === true
      ? []
      : [
          status.observedGeneration !== generation && `is at generation ${generation}, and ${status.observedGeneration} is done`,
          status.failure !== undefined && `has failed (${status.failure.reason})`,
          announcements.length > 0 && `has not said ${announcements.map(({ type }) => type).join(", ")}`,
          pendingGrants.length > 0 && `has pending grants (${pendingGrants.length})`,
          status.grants !== undefined && "pass" in status.grants && "is in a pass over its grants",
          desired.expiresAt !== undefined && desired.state === "Active" && `expires at ${desired.expiresAt}`,
        ]),
  ].filter((reason) => typeof reason === "string");
  return reasons.map((reason) => `${tenantId} ${reason}, and is not due`);
}

function undueGrant(grant: Grant, tenant: Tenant | undefined, now: string): string[] {
  if (grant.dueAt !== undefined || tenant === undefined) return [];
  const name = `the grant ${grantId(grant).replace("\n", " ")} in ${grant.tenantId}`;
  if (grant.granted && nextChange(grant, now) !== undefined) return [`${name} ends, and is not due`];
  return grant.mapping !== undefined && hasMappingWork(grant, now)
    ? [`${name} has a mapping (${grant.mapping.state}), and is not due`]
    : [];
}

function undueGroup(group: DirectoryGroup, behind: Membership[]): string[] {
  if (group.dueAt !== undefined || behind.length === 0 || (group.mappedFor !== undefined && group.mapped.length === 0)) return [];
  return [`the group ${group.id} has ${behind.length} memberships to follow, and is not due`];
}

function undueUser({ id, active, dueAt, removal, version }: DirectoryUser): string[] {
  if (active || dueAt !== undefined || version === 0 || removal?.finishedAt !== undefined) return [];
  return [`the user ${id} is deactivated, the removal of their access is not finished, and they are not due`];
}

/** Memberships that the grants do not follow, but for those of users whose own work is due: it makes the group due. */
function unfollowed({ directory }: World, { provider, id }: DirectoryGroup): Membership[] {
  const members = [...(directory.members.get(`${provider}#${id}`)?.values() ?? [])];
  return members.filter(({ userId, synced, at }) => synced !== at && directory.users.get(`${provider}#${userId}`)?.dueAt === undefined);
}

/** A tenant is on a cluster of the registry, unless it is told to forget it. */
export function clustersKnown({ table, registry }: World): string[] {
  return [...table.tenants.values()]
    .filter(({ cluster, status }) => cluster !== undefined && status.deletedAt === undefined && !registry.clusters.has(cluster))
    .map(({ tenantId, cluster }) => `${tenantId} is on the cluster ${cluster}, which is not registered`);
}

/** Nothing is under way: no lease, no message, and nothing due but what waits for its time. */
export function finished(world: World): string[] {
  const found: string[] = [];
  for (const { tenantId, lease, status, generation, dueAt, timers, desired } of world.table.tenants.values()) {
    if (lease !== undefined) found.push(`${tenantId} has a lease of ${lease.owner}`);
    if (status.deletedAt === undefined && desired.paused !== true && status.observedGeneration !== generation)
      found.push(`${tenantId} is at generation ${generation}, and ${status.observedGeneration} is done`);
    if (status.failure !== undefined) found.push(`${tenantId} has failed: ${status.failure.reason}, ${status.failure.message}`);
    if (timers.work !== undefined || timers.retry !== undefined) found.push(`${tenantId} has work due at ${dueAt}`);
    if (dueAt !== undefined && !Object.values(timers).includes(dueAt)) found.push(`${tenantId} is due at ${dueAt}, and no timer says so`);
  }
  for (const { tenantId, userId, pending } of world.table.grants.values()) {
    const tenant = world.table.tenants.get(tenantId);
    if (pending !== undefined && tenant?.status.deletedAt === undefined && tenant?.desired.paused !== true)
      found.push(`${pending.type} of ${userId} in ${tenantId} is pending`);
  }
  for (const { pk, sk, dueAt } of world.directory.dueItems()) found.push(`${pk} ${sk} is due at ${dueAt}`);
  for (const { tenantId, userId, mapping } of world.unmapped()) found.push(`${userId} in ${tenantId} is ${mapping?.state ?? "not mapped"}`);
  return [...found, ...(world.queue.length === 0 ? [] : ["the queue is not empty"])];
}
