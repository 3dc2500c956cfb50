import type { KubernetesObject } from "@kubernetes/client-node";
import type { Grant } from "../../../shared/domain/access.ts";
import type { World } from "./world.ts";

/** What must come out the same, whatever died on the way: all but times, ids, uids and versions. */
export interface FinalState {
  record: unknown;
  grants: unknown[];
  /** What is kept as sleeping. */
  sleepers: unknown[];
  directory: unknown[];
  /** Access entries. */
  entries: unknown;
  objects: unknown[];
  events: unknown[];
}

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
/** Ids of a world. */
const ID = /^id-\d+$/;
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Fields that no two worlds have the same. */
const varying = new Set(["eventId", "ttl", "order", "versions", "eventsUntil"]);

function plain(value: unknown): unknown {
  if (typeof value === "string") return TIME.test(value) ? "<time>" : UID.test(value) ? "<uid>" : ID.test(value) ? "<id>" : value;
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
    sleepers: [...world.table.sleepers.values()].map(plain),
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
