import type { KubernetesObject } from "@kubernetes/client-node";
import { isAsleep, namespaceOf, type Tenant } from "../../../../shared/domain/tenant.ts";
import { grantBinding, LABEL_MANAGED_BY, MANAGED_BY, objectHash, objectKey, tenantObjects } from "../../../../shared/manifests/index.ts";
import { bare } from "../state.ts";
import type { World } from "../world.ts";

/** Of a tenant that is Deleted, nothing is left in its cluster, in the table and among the access entries. */
export function nothingLeft(world: World): string[] {
  const { table, mappings, slots } = world;
  const deleted = [...table.tenants.values()].filter(({ status }) => status.proof?.namespaceAbsentAt != null);
  const left = deleted.flatMap((tenant) => {
    const { tenantId } = tenant;
    const grants = [...table.grants.values()].filter((grant) => grant.tenantId === tenantId && grant.mapping === undefined);
    const held = [...slots.held].filter(([, { owner, until }]) => owner === tenantId && until > world.now());
    return [
      ...held.map(([slot]) => `${tenantId} is Deleted, and holds the slot ${slot}`),
      ...(isOfTenant(world, tenant) ? objectsIn(world, tenant) : []).map(
        (object) => `${objectKey(object)} is there, and its tenant is Deleted`,
      ),
      ...keptOf(world, tenant).map((key) => `${tenantId} is Deleted, and ${key} is kept as sleeping`),
      ...grants.map(({ userId }) => `${tenantId} is Deleted, and a grant of ${userId} is in the table`),
    ];
  });
  const mapped = new Set([...table.grants.values()].map(({ mapping }) => mapping?.principalArn));
  const entries = [...mappings.entries].filter(([key, { ours }]) => ours && !mapped.has(key.slice(key.indexOf(" ") + 1)));
  return [...left, ...entries.map(([key]) => `the access entry ${key} is of no grant`)];
}

/** The record counts what is kept as sleeping, and what is awake is not kept. */
export function sleepersAsCounted(world: World): string[] {
  return [...world.table.tenants.values()].flatMap((tenant) => {
    const kept = keptOf(world, tenant).length;
    const { sleepers } = tenant.status;
    return (sleepers ?? 0) === kept ? [] : [`${tenant.tenantId} keeps ${kept} workloads as sleeping, and its record says ${sleepers}`];
  });
}

const keptOf = ({ table }: World, { tenantId }: Tenant): string[] =>
  [...table.sleepers.keys()].filter((key) => key.startsWith(`${tenantId}#`));

/** Whether the namespace of the tenant's name is the tenant's: ours by its label, or the one that its record knew. */
function isOfTenant(world: World, tenant: Tenant): boolean {
  const namespace = objectsIn(world, tenant).find(({ kind }) => kind === "Namespace")?.metadata;
  return namespace?.labels?.[LABEL_MANAGED_BY] === MANAGED_BY || namespace?.uid === tenant.status.proof?.namespaceUid;
}

/** Every cluster is what the records say. */
export function clusterAsRecorded(world: World): string[] {
  const known = new Set([...world.table.tenants.keys()].map(namespaceOf));
  const isOurs = ({ metadata }: KubernetesObject): boolean => metadata?.labels?.[LABEL_MANAGED_BY] === MANAGED_BY;
  const strays = world.allObjects().filter((object) => isOurs(object) && !known.has(placeOf(object)));
  return [
    ...strays.map((object) => `${objectKey(object)} is there, and no tenant is in ${placeOf(object)}`),
    ...[...world.table.tenants.values()].flatMap((tenant) => differences(world, tenant)),
  ];
}

const placeOf = ({ kind, metadata }: KubernetesObject): string => (kind === "Namespace" ? metadata?.name : metadata?.namespace) ?? "";

const objectsIn = (world: World, { tenantId, cluster }: Tenant): readonly KubernetesObject[] =>
  world.clusterOf(cluster).within(namespaceOf(tenantId));

/** What a tenant's cluster has that its record does not ask for, and the other way round; nothing is asked of a paused one. */
function differences(world: World, tenant: Tenant): string[] {
  const { tenantId, desired, status, generation } = tenant;
  const cluster = world.registry.clusters.get(tenant.cluster ?? "");
  if (status.deletedAt !== undefined || desired.paused === true || cluster === undefined || cluster.paused === true) return [];
  const there = objectsIn(world, tenant);
  const hashes = (objects: readonly KubernetesObject[]): Map<string, string> =>
    new Map(objects.map((object) => [objectKey(object), objectHash(bare(object))]));
  const grants = [...world.table.grants.values()].filter((grant) => grant.tenantId === tenantId && grant.granted);
  const bindings = isAsleep(tenant) ? [] : grants.map((grant) => grantBinding(tenant, grant, cluster.access?.usernamePrefix ?? ""));
  const wanted = hashes([...tenantObjects(tenant, world.platform, cluster, "tenantry-test"), ...bindings]);
  const found = hashes(there.filter(({ metadata }) => metadata?.labels?.[LABEL_MANAGED_BY] === MANAGED_BY));
  return [
    ...[...wanted].filter(([key, hash]) => found.get(key) !== hash).map(([key]) => `${key} is not as generation ${generation} wants it`),
    ...[...found.keys()].filter((key) => !wanted.has(key)).map((key) => `${key} is not wanted`),
    ...there
      .filter((object) => isAwake(object) === isAsleep(tenant))
      .map((object) => `${objectKey(object)} is ${isAsleep(tenant) ? "awake" : "asleep"}`),
  ];
}

/** Whether a workload is awake; `undefined` for what is none. */
function isAwake({ kind, ...object }: KubernetesObject): boolean | undefined {
  const { spec } = object as { spec?: { replicas?: number; suspend?: boolean } };
  if (kind === "CronJob") return spec?.suspend !== true;
  return kind === "Deployment" || kind === "StatefulSet" ? (spec?.replicas ?? 1) > 0 : undefined;
}

/** An object that stands at the version that its record remembers is as it was applied: no check would look at it again. */
export function hiddenChanges(world: World): string[] {
  return [...world.table.tenants.values()].flatMap((tenant) =>
    objectsIn(world, tenant).flatMap((object) => {
      const key = objectKey(object);
      const { versions, applied } = tenant.status;
      if (versions?.[key] === undefined || versions[key] !== object.metadata?.resourceVersion) return [];
      if (applied[key] === objectHash(bare(object))) return [];
      return [`${key} in ${placeOf(object)} is not what was applied, at the version of it`];
    }),
  );
}
