import type { KubernetesObject } from "@kubernetes/client-node";
import type { Grant } from "../../../shared/domain/access.ts";
import { namespaceOf } from "../../../shared/domain/tenant.ts";
import { objectHash, objectKey } from "../../../shared/manifests/index.ts";
import type { World } from "./world.ts";

/** What must come out the same, whatever died on the way: all but times, ids, uids and versions. */
export interface FinalState {
  record: unknown;
  grants: unknown[];
  directory: unknown[];
  /** Access entries. */
  entries: unknown;
  objects: unknown[];
  events: unknown[];
}

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Fields that no two worlds have the same. */
const varying = new Set(["eventId", "ttl", "order", "versions", "eventsUntil"]);

function plain(value: unknown): unknown {
  if (typeof value === "string") return TIME.test(value) ? "<time>" : UID.test(value) ? "<uid>" : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, member]) => !varying.has(key) && member !== undefined);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, plain(member)]));
}

export const withoutServerFields = (object: KubernetesObject): unknown => plain(bare(object));

/** An object without what the server puts in. */
export function bare(object: KubernetesObject): KubernetesObject {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _time, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

export function finalState(world: World, generations?: "open"): FinalState {
  const state = stateOf(world);
  if (generations === undefined) return state;
  const told = JSON.stringify(state)
    .replace(/"(version|generation|observedGeneration)":\d+(?=[,}])/g, '"$1":0')
    .replace(/"tenantry\.dev\/generation":"\d+"/g, '"tenantry.dev/generation":"0"')
    .replace(/Generation \d+/g, "Generation N");
  return JSON.parse(told) as FinalState;
}

function stateOf(world: World, tenantId = "acme"): FinalState {
  return {
    record: plain(world.table.tenants.get(tenantId)),
    grants: [...world.table.grants.values()].map(grantOf),
    directory: directoryOf(world),
    entries: Object.fromEntries(world.mappings.entries),
    objects: world.cluster.objects().map(withoutServerFields),
    events: world.table.events.map(plain),
  };
}

/** A grant, but for how often it was written and its mapping was brought about. */
function grantOf({ version: _version, mapping, ...grant }: Grant): unknown {
  return plain({ ...grant, mapping: mapping && { ...mapping, tries: 0 } });
}

/** People, groups and memberships, but for how often they were written, and how many grants one try of several took back. */
function directoryOf({ directory }: World): unknown[] {
  const users = [...directory.users.values()].map(({ version: _version, removal, ...user }) => ({
    ...user,
    removed: removal?.finishedAt !== undefined,
  }));
  const groups = [...directory.groups.values()].map(({ version: _version, ...group }) => group);
  return [...users, ...groups, ...[...directory.members.values()].flatMap((members) => [...members.values()])].map(plain);
}

/** What is wrong with a world that should be at rest, in words; nothing where all holds. */
export function faults(world: World): string[] {
  const found: string[] = [];
  for (const tenant of world.table.tenants.values()) {
    const { tenantId, lease, status, generation, dueAt, timers } = tenant;
    if (lease !== undefined) found.push(`${tenantId} has a lease of ${lease.owner}`);
    if (status.deletedAt === undefined && status.observedGeneration !== generation)
      found.push(`${tenantId} is at generation ${generation}, and ${status.observedGeneration} is done`);
    if (timers.work !== undefined || timers.retry !== undefined) found.push(`${tenantId} has work due at ${dueAt}`);
    if (dueAt !== undefined && !Object.values(timers).includes(dueAt)) found.push(`${tenantId} is due at ${dueAt}, and no timer says so`);
  }
  found.push(...hidden(world));
  for (const { pk, sk, dueAt } of world.directory.dueItems()) found.push(`${pk} ${sk} is due at ${dueAt}`);
  for (const { tenantId, userId, mapping } of world.unmapped()) found.push(`${userId} in ${tenantId} is ${mapping?.state ?? "not mapped"}`);
  return [...found, ...eventFaults(world), ...(world.queue.length === 0 ? [] : ["the queue is not empty"])];
}

/** Objects that stand at the version that their record remembers, and are not what it says to be applied: no check would find them. */
function hidden({ table, cluster }: World): string[] {
  return cluster.objects().flatMap((object) => {
    const { kind, metadata } = object;
    const place = kind === "Namespace" ? metadata?.name : metadata?.namespace;
    const status = [...table.tenants.values()].find(({ tenantId }) => namespaceOf(tenantId) === place)?.status;
    const key = objectKey(object);
    if (status?.versions?.[key] === undefined || status.versions[key] !== metadata?.resourceVersion) return [];
    return status.applied[key] === objectHash(bare(object)) ? [] : [`${key} in ${place} is not what was applied, at the version of it`];
  });
}

/** Each tenant's events: in sequence without gaps, one id each, and each published at least once as it was said. */
export function eventFaults({ table, bus }: World): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  for (const { tenantId, sequence } of table.tenants.values()) {
    const events = table.events.filter((event) => event.tenantId === tenantId);
    const numbers = events.map((event) => event.sequence);
    if (JSON.stringify(numbers) !== JSON.stringify(numbers.map((_, index) => index + 1)) || numbers.length !== sequence)
      found.push(`${tenantId} has events ${numbers.join(",")} and sequence ${sequence}`);
    for (const event of events) {
      if (ids.has(event.eventId)) found.push(`${event.eventId} is the id of two events`);
      ids.add(event.eventId);
      const copies = bus.filter((taken) => taken.tenantId === tenantId && taken.sequence === event.sequence);
      if (copies.length === 0) found.push(`event ${sequence} ${event.type} was never published`);
      if (copies.some((copy) => JSON.stringify(copy) !== JSON.stringify(event)))
        found.push(`event ${event.sequence} ${event.type} was published in two ways`);
    }
  }
  if (bus.some(({ eventId }) => !ids.has(eventId))) found.push("the bus has an event that no record speaks of");
  if (table.unpublished.size > 0) found.push(`unpublished events: ${[...table.unpublished.keys()].join(", ")}`);
  return found;
}
