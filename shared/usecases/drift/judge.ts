import type { KubernetesObject } from "@kubernetes/client-node";
import { grantId } from "../../domain/access.ts";
import type { Cluster } from "../../domain/cluster.ts";
import { type ForeignObject, isAsleep, type Tenant } from "../../domain/tenant.ts";
import { driftOf, widensAccess } from "../../manifests/drift.ts";
import {
  type Blueprint,
  absentObjects,
  blueprints,
  grantBinding,
  isGrantKey,
  LABEL_MANAGED_BY,
  MANAGED_BY,
  objectHash,
  objectKey,
  tenantObjects,
} from "../../manifests/index.ts";
import { ABSENT } from "../../reconcile/decide.ts";
import { shapeOfBindings } from "../../reconcile/grants.ts";
import type { ReconcilePorts } from "../../reconcile/ports.ts";
import type { SeenNamespace } from "./namespaces.ts";

/** Foreign objects of one tenant that are kept and told of, by name, at the most: the record is one item. */
export const MOST_FOREIGN = 50;

/** What may have drifted, by what the lists told. They are older than the record, so it is looked at again before it counts. */
export interface Suspects {
  /** Objects of ours that do not stand. */
  objects: KubernetesObject[];
  /** Objects of ours that are there and ought not to be. */
  unwanted: KubernetesObject[];
  /** All that is foreign and widens access. */
  foreign: KubernetesObject[];
  /** Whether the bindings of grants were judged. */
  grants: boolean;
}

/** The bindings of a tenant's grants as they ought to stand; `undefined` where a pass is still bringing them there. */
export type Bindings = Map<string, { id: string; binding: KubernetesObject }> | undefined;

/** Grants that one read takes. */
const GRANTS_PAGE = 500;

type Platform = Pick<ReconcilePorts, "platform" | "installation">;

/** The objects that were applied and ought to stand. One whose content is to be another by now (a new revision) is not judged. Throws `UnknownTier`. */
export function appliedObjects(tenant: Tenant, cluster: Cluster, { platform, installation }: Platform): KubernetesObject[] {
  return tenantObjects(tenant, platform, cluster, installation).filter((object) => tenant.status.applied[objectKey(object)] !== undefined);
}

/** Whether the record says that just this was applied. Costs a hash, so it is asked only of what differs. */
export const isAsApplied = (tenant: Tenant, object: KubernetesObject): boolean =>
  tenant.status.applied[objectKey(object)] === objectHash(object);

/** Whether the namespace is the one that the record knows, and stays. */
export const isKnownNamespace = (tenant: Tenant, namespace: KubernetesObject | undefined): boolean =>
  namespace?.metadata?.uid === tenant.status.namespaceUid && namespace?.metadata?.deletionTimestamp === undefined;

/**
 * Judges a tenant at rest by what was listed; `undefined` where nothing is to be done. What stands at the version that our own apply
 * left is neither made nor compared. Pure.
 */
export function suspectsOf(
  tenant: Tenant,
  { namespace, objects }: SeenNamespace,
  cluster: Cluster,
  ports: Platform,
  bindings: Bindings,
): Suspects | undefined {
  // A tenant whose tier the config no longer has cannot be judged: its next reconcile says so.
  if (!Object.hasOwn(ports.platform.tiers, tenant.desired.tier)) return undefined;
  const { applied, versions = {} } = tenant.status;
  const ours = blueprints(tenant, ports.platform, cluster, ports.installation);
  const isApplied = ({ key }: Blueprint): boolean => applied[key] !== undefined;
  if (!isKnownNamespace(tenant, namespace)) {
    const first = ours.find(isApplied);
    return { objects: first === undefined ? [] : [first.make()], unwanted: [], foreign: [], grants: false };
  }
  const suspects: KubernetesObject[] = [];
  const others = new Set<KubernetesObject>();
  for (const object of objects) if (widensAccess(object)) others.add(object);
  for (const one of ours) {
    const actual = one.kind === "Namespace" ? namespace : namesake(one, objects);
    if (actual !== undefined && others.has(actual) && isApplied(one)) others.delete(actual);
    const version = versions[one.key];
    if (version !== undefined && version === actual?.metadata?.resourceVersion) continue;
    const object = one.make();
    if ((actual === undefined || driftOf(object, actual) !== undefined) && isAsApplied(tenant, object)) suspects.push(object);
  }
  if (bindings !== undefined && bindings.size > 0) {
    const seen = new Map([...others].map((object) => [objectKey(object), object]));
    for (const [key, { binding }] of bindings) {
      const actual = seen.get(key);
      if (actual === undefined || driftOf(binding, actual) !== undefined) suspects.push(binding);
      if (actual !== undefined) others.delete(actual);
    }
  }
  const told = tenant.status.foreign ?? [];
  if (suspects.length === 0 && others.size === 0 && told.length === 0) return undefined;
  const absent = absentKeys(tenant);
  const unwanted: KubernetesObject[] = [];
  const foreign: KubernetesObject[] = [];
  for (const object of others) {
    const isGrant = isGrantBinding(object);
    if (absent.has(objectKey(object)) || (isGrant && bindings !== undefined)) unwanted.push(object);
    else if (!isGrant) foreign.push(object);
  }
  if (suspects.length === 0 && unwanted.length === 0 && sameForeign(told, foreignRefs(foreign))) return undefined;
  return { objects: suspects, unwanted, foreign, grants: bindings !== undefined };
}

/** The listed object of that kind and name. */
function namesake({ kind, name }: Blueprint, objects: KubernetesObject[]): KubernetesObject | undefined {
  for (const object of objects) if (object.kind === kind && object.metadata?.name === name) return object;
  return undefined;
}

/** Whether it is a binding as grants have them, by its name and our label: no one else's word for access. */
export const isGrantBinding = (object: KubernetesObject): boolean =>
  isGrantKey(objectKey(object)) && object.metadata?.labels?.[LABEL_MANAGED_BY] === MANAGED_BY;

/** Reads what a tenant's grants come to in its cluster. */
export async function bindingsOf(
  tenant: Tenant,
  cluster: Cluster,
  { store, platform }: Pick<ReconcilePorts, "store" | "platform">,
): Promise<Bindings> {
  const { tenantId, hasGrants, status } = tenant;
  const found: NonNullable<Bindings> = new Map();
  if (hasGrants !== true) return found;
  const { grants } = status;
  if (grants === undefined || "pass" in grants || grants.stands !== shapeOfBindings(tenant, platform, cluster)) return undefined;
  if (isAsleep(tenant)) return found;
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await store.pageGrants(tenantId, { limit: GRANTS_PAGE, after });
    for (const grant of page.grants) {
      if (!grant.granted || !platform.grantRoles.includes(grant.role)) continue;
      const binding = grantBinding(tenant, grant, cluster.access?.usernamePrefix ?? "");
      found.set(objectKey(binding), { id: grantId(grant), binding });
    }
    after = page.next;
  }
  return found;
}

/** Keys of the objects that the record knows to be absent. */
export const absentKeys = (tenant: Tenant): Set<string> =>
  new Set(
    absentObjects(tenant)
      .map(({ kind, name }) => `${kind}/${name}`)
      .filter((key) => tenant.status.applied[key] === ABSENT),
  );

/** Foreign objects as the record keeps them: by name, the first `MOST_FOREIGN`. */
export const foreignRefs = (foreign: KubernetesObject[]): ForeignObject[] =>
  byKey(foreign)
    .slice(0, MOST_FOREIGN)
    .map((object) => ({ object: objectKey(object), uid: object.metadata?.uid ?? "" }));

/** Objects in the order of `kind/name`. */
export const byKey = (objects: KubernetesObject[]): KubernetesObject[] =>
  objects.toSorted((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));

const sameForeign = (a: ForeignObject[], b: ForeignObject[]): boolean =>
  a.length === b.length && a.every(({ object, uid }, index) => b[index]?.object === object && b[index]?.uid === uid);
