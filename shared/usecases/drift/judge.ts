import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../../domain/cluster.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { ForeignObject, Tenant } from "../../domain/tenant.ts";
import { driftOf, widensAccess } from "../../manifests/drift.ts";
import { absentObjects, objectHash, objectKey, tenantObjects } from "../../manifests/index.ts";
import { ABSENT } from "../../reconcile/decide.ts";
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
}

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

/** Judges a tenant at rest by what was listed; `undefined` where nothing is to be done. Pure. */
export function suspectsOf(tenant: Tenant, { namespace, objects }: SeenNamespace, cluster: Cluster, ports: Platform): Suspects | undefined {
  const ours = objectsOrNone(tenant, cluster, ports);
  if (ours === undefined) return undefined;
  if (!isKnownNamespace(tenant, namespace)) return { objects: ours.slice(0, 1), unwanted: [], foreign: [] };
  const seen = new Map(objects.map((object) => [objectKey(object), object]));
  const wanted = new Set(ours.map(objectKey));
  const suspects = ours.filter((object) => {
    const actual = object.kind === "Namespace" ? namespace : seen.get(objectKey(object));
    return (actual === undefined || driftOf(object, actual) !== undefined) && isAsApplied(tenant, object);
  });
  const others = objects.filter((object) => widensAccess(object) && !wanted.has(objectKey(object)));
  const absent = absentKeys(tenant);
  const [unwanted, foreign] = [true, false].map((is) => others.filter((object) => absent.has(objectKey(object)) === is)) as [
    KubernetesObject[],
    KubernetesObject[],
  ];
  const known = sameForeign(tenant.status.foreign ?? [], foreignRefs(foreign));
  return suspects.length === 0 && unwanted.length === 0 && known ? undefined : { objects: suspects, unwanted, foreign };
}

/** Keys of the objects that the record knows to be absent. */
export const absentKeys = (tenant: Tenant): Set<string> =>
  new Set(
    absentObjects(tenant)
      .map(({ kind, name }) => `${kind}/${name}`)
      .filter((key) => tenant.status.applied[key] === ABSENT),
  );

/** A tenant whose tier the config no longer has cannot be judged: its next reconcile says so. */
function objectsOrNone(tenant: Tenant, cluster: Cluster, ports: Platform): KubernetesObject[] | undefined {
  try {
    return appliedObjects(tenant, cluster, ports);
  } catch (error) {
    if (error instanceof TenantryError) return undefined;
    throw error;
  }
}

/** Foreign objects as the record keeps them: by name, the first `MOST_FOREIGN`. */
export const foreignRefs = (foreign: KubernetesObject[]): ForeignObject[] =>
  foreign
    .map((object) => ({ object: objectKey(object), uid: object.metadata?.uid ?? "" }))
    .sort((a, b) => (a.object < b.object ? -1 : 1))
    .slice(0, MOST_FOREIGN);

const sameForeign = (a: ForeignObject[], b: ForeignObject[]): boolean =>
  a.length === b.length && a.every(({ object, uid }, index) => b[index]?.object === object && b[index]?.uid === uid);
