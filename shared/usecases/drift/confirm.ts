import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../../domain/cluster.ts";
import { type DriftedObject, type Findings, type ForeignFound, isAtRest } from "../../domain/repair.ts";
import type { Tenant } from "../../domain/tenant.ts";
import { authorsOf, driftOf } from "../../manifests/drift.ts";
import { isGrantKey, objectKey, refOf } from "../../manifests/index.ts";
import type { ClusterApi, ObjectRef } from "../../ports.ts";
import type { ReconcilePorts } from "../../reconcile/ports.ts";
import {
  absentKeys,
  appliedObjects,
  type Bindings,
  bindingsOf,
  byKey,
  foreignRefs,
  isAsApplied,
  isGrantBinding,
  isKnownNamespace,
  MOST_FOREIGN,
  type Suspects,
} from "./judge.ts";

/** Objects of one tenant that one check takes up, each a GET: ours, and unwanted ones; foreign ones as many as are kept. */
const MOST_OURS = 50;
const MOST_UNWANTED = 100;

/** What is removed by the check itself, before the record says so: what no apply can mend, and foreign objects where config says so. */
export interface Confirmed {
  findings: Findings;
  remove: { ref: ObjectRef; uid: string; resourceVersion?: string | undefined }[];
}

/**
 * Looks again at what is suspect, one GET each, against a record read before: what differs then from a record at rest
 * was changed by others, or by a newer generation, which the write of the repair rules out. `undefined` where nothing is left.
 * Throws `ClusterError`.
 */
export async function confirm(
  tenantId: string,
  suspects: Suspects,
  cluster: Cluster,
  api: ClusterApi,
  ports: Pick<ReconcilePorts, "store" | "platform" | "installation">,
  signal: AbortSignal,
): Promise<Confirmed | undefined> {
  const tenant = await ports.store.get(tenantId);
  if (tenant === undefined || !isAtRest(tenant) || tenant.cluster !== cluster.name) return undefined;
  const keys = new Set(suspects.objects.map(objectKey));
  const applied = appliedObjects(tenant, cluster, ports);
  const bindings = suspects.grants ? await bindingsOf(tenant, cluster, ports) : undefined;
  const suspect = [...applied, ...[...(bindings?.values() ?? [])].map(({ binding }) => binding)].filter((object) =>
    keys.has(objectKey(object)),
  );
  const absent = absentKeys(tenant);
  const ours = new Set([...applied.map(objectKey), ...absent, ...(bindings?.keys() ?? [])]);
  const isUnwanted = (object: KubernetesObject): boolean =>
    absent.has(objectKey(object)) || (bindings?.has(objectKey(object)) === false && isGrantBinding(object));
  const unwanted = suspects.unwanted.filter(isUnwanted);
  const others = byKey(suspects.foreign.filter((object) => !ours.has(objectKey(object))));
  const [drifted, back, foreign] = await Promise.all([
    Promise.all(suspect.slice(0, MOST_OURS).map((object) => look(tenant, object, api, signal))),
    Promise.all(unwanted.slice(0, MOST_UNWANTED).map((object) => lookUnwanted(object, api, signal))),
    Promise.all(others.slice(0, MOST_FOREIGN).map((object) => lookForeign(tenant, object, api, signal))),
  ]);
  const beyond = (all: unknown[], most: number): number => Math.max(0, all.length - most);
  return findingsOf(
    tenant,
    [...drifted, ...back].filter((found) => found !== undefined),
    foreign.filter((found) => found !== undefined),
    ports.platform.drift.removeForeign,
    bindings,
    beyond(suspect, MOST_OURS) + beyond(unwanted, MOST_UNWANTED) + beyond(others, MOST_FOREIGN),
  );
}

interface Drifted extends DriftedObject {
  ref: ObjectRef;
  uid: string | undefined;
  /** Of what is unwanted, as it was read. */
  resourceVersion?: string | undefined;
  namespaceLost: boolean;
}

async function look(tenant: Tenant, object: KubernetesObject, api: ClusterApi, signal: AbortSignal): Promise<Drifted | undefined> {
  const ref = refOf(object);
  const actual = await api.get(ref, signal);
  const isNamespace = object.kind === "Namespace";
  const base = {
    object: objectKey(object),
    ref,
    uid: actual?.metadata?.uid,
    namespaceLost: isNamespace && !isKnownNamespace(tenant, actual),
  };
  if (actual === undefined) return { ...base, change: "missing", fields: [], by: [] };
  if (!base.namespaceLost) {
    const drift = driftOf(object, actual);
    return drift && (isGrantBinding(object) || isAsApplied(tenant, object)) ? { ...base, ...drift } : undefined;
  }
  const field = actual.metadata?.uid === tenant.status.namespaceUid ? "/metadata/deletionTimestamp" : "/metadata/uid";
  return { ...base, change: "changed", fields: [field], by: authorsOf(actual) };
}

async function lookUnwanted(object: KubernetesObject, api: ClusterApi, signal: AbortSignal): Promise<Drifted | undefined> {
  const ref = refOf(object);
  const actual = await api.get(ref, signal);
  if (actual === undefined) return undefined;
  const { uid, resourceVersion } = actual.metadata ?? {};
  return {
    object: objectKey(object),
    change: "unwanted",
    fields: [],
    by: authorsOf(actual),
    ref,
    uid,
    resourceVersion,
    namespaceLost: false,
  };
}

/** One that the record knows was told of: it need not be read again. */
async function lookForeign(tenant: Tenant, object: KubernetesObject, api: ClusterApi, signal: AbortSignal) {
  const isKnown = tenant.status.foreign?.some(({ uid }) => uid === object.metadata?.uid) === true;
  const actual = isKnown ? object : await api.get(refOf(object), signal);
  return actual === undefined || actual.metadata?.uid !== object.metadata?.uid ? undefined : { object: actual, isKnown };
}

function findingsOf(
  tenant: Tenant,
  drifted: Drifted[],
  foreign: { object: KubernetesObject; isKnown: boolean }[],
  removed: boolean,
  bindings: Bindings,
  more: number,
): Confirmed | undefined {
  const refs = foreignRefs(foreign.map(({ object }) => object));
  const kept = refs.map(({ uid }) => foreign.find(({ object }) => object.metadata?.uid === uid)).filter((found) => found !== undefined);
  const told = kept.filter(({ isKnown }) => removed || !isKnown);
  const standing = removed ? [] : refs;
  const before = tenant.status.foreign ?? [];
  const gone = before.some(({ uid }) => !standing.some((one) => one.uid === uid));
  if (drifted.length === 0 && told.length === 0 && !gone) return undefined;
  const findings: Findings = {
    generation: tenant.generation,
    updatedAt: tenant.updatedAt,
    objects: drifted.map(({ object, change, fields, by }) => ({ object, change, fields, by })),
    foreign: told.map(
      ({ object }): ForeignFound => ({ object: objectKey(object), uid: object.metadata?.uid ?? "", removed, by: authorsOf(object) }),
    ),
    standing,
    namespaceLost: drifted.some(({ namespaceLost }) => namespaceLost),
    grants: drifted.flatMap(({ object }) => bindings?.get(object)?.id ?? []),
    more,
  };
  const replaced = drifted.flatMap(({ change, ref, uid }) => (change === "replaced" && uid !== undefined ? [{ ref, uid }] : []));
  // No reconcile would take away a binding that no grant tells of.
  const ungranted = drifted.flatMap(({ change, object, ref, uid, resourceVersion }) =>
    change === "unwanted" && isGrantKey(object) && uid !== undefined ? [{ ref, uid, resourceVersion }] : [],
  );
  const unwanted = removed ? told.map(({ object }) => ({ ref: refOf(object), uid: object.metadata?.uid ?? "" })) : [];
  return { findings, remove: [...replaced, ...ungranted, ...unwanted] };
}
