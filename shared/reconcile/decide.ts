import type { KubernetesObject } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { objectHash, objectKey } from "../manifests/index.ts";
import type { ObjectRef } from "../ports.ts";
import type { NamespaceSeen, SeenNamespace } from "./observe.ts";

export type Action =
  | { kind: "apply"; key: string; hash: string; object: KubernetesObject }
  /** Of the object with that uid, or of one that no newer generation than that applied. */
  | { kind: "delete"; key: string; ref: ObjectRef; uid?: string | undefined; generation?: number | undefined }
  /** Marks the namespace with the generation alone: no older one applies anything in it any more. */
  | { kind: "fence"; key: string; ref: ObjectRef; uid: string | undefined; generation: number }
  /** Passes over what holds a terminating namespace. */
  | { kind: "finalize"; key: string; ref: ObjectRef };

/** Where a reconcile stands. */
export type Outcome =
  | { kind: "done" }
  /** Goes on by itself after a pause; `above`: at a generation above that one. */
  | { kind: "requeue"; afterMs: number; reason: string; message: string; above?: number | undefined }
  /** Waits for something outside: looked at after pauses that grow from `afterMs`, and a failure after `retry.waitMs`. */
  | { kind: "waiting"; afterMs: number; reason: string; message: string }
  /** Held by an operator; no timer brings it back. */
  | { kind: "paused"; reason: string; message: string }
  | { kind: "failed"; reason: string; message: string; blocked: boolean };

/** Waves of actions, each wave at once and whole before the next; and what it means when all went well. */
export interface Plan {
  waves: Action[][];
  outcome: Outcome;
}

/** In `status.applied`, that an object is known to be absent. */
export const ABSENT = "absent";

/** First pause between two looks at a namespace that is going, milliseconds. */
const TERMINATING_MS = 4_000;

/** Decides, purely, what brings the cluster to the record. Deciding on its own result decides nothing more. */
export function decide(tenant: Tenant, namespace: NamespaceSeen, wanted: Wanted): Plan {
  return tenant.desired.state === "Active" ? decideActive(tenant, namespace, wanted) : decideDeleted(tenant, namespace);
}

/** Objects to stand, the Namespace first, and objects to be absent. */
export interface Wanted {
  objects: KubernetesObject[];
  absent: ObjectRef[];
}

function decideActive(tenant: Tenant, namespace: NamespaceSeen, { objects, absent }: Wanted): Plan {
  const name = namespaceOf(tenant.tenantId);
  if (typeof namespace === "object" && !namespace.ours && tenant.desired.adopt !== true) {
    const message = `Namespace "${name}" exists and is not managed by this installation. Remove it, onboard under another id, or adopt it (POST /tenants/{tenantId}/adopt).`;
    return { waves: [], outcome: { kind: "failed", reason: "NamespaceTaken", message, blocked: true } };
  }
  if (typeof namespace === "object" && namespace.terminating) return terminating(name, namespace);
  const uid = typeof namespace === "object" ? namespace.uid : tenant.status.namespaceUid;
  const applied = recordTells(tenant, namespace) ? tenant.status.applied : {};
  const deletes = absent
    .map((ref): Action => ({ kind: "delete", key: `${ref.kind}/${ref.name}`, ref, generation: tenant.generation }))
    .filter(({ key }) => applied[key] !== ABSENT);
  const applies = objects.flatMap((object): Action[] => {
    const key = objectKey(object);
    const hash = objectHash(object);
    const isNamespace = object.kind === "Namespace";
    // A deletion leaves nothing that carries its generation: the Namespace does, so that no older reconcile brings it back.
    if (applied[key] === hash && !(isNamespace && deletes.length > 0)) return [];
    return [{ kind: "apply", key, hash, object: isNamespace ? pinned(object, uid) : object }];
  });
  const isNamespace = ({ kind }: KubernetesObject): boolean => kind === "Namespace";
  const fence: Action = {
    kind: "fence",
    key: `Namespace/${name}`,
    ref: { apiVersion: "v1", kind: "Namespace", name },
    uid,
    generation: tenant.generation,
  };
  // Without a tier, the Namespace cannot be made, and stays as it is.
  const first = objects.some(isNamespace)
    ? applies.filter((action) => action.kind === "apply" && isNamespace(action.object))
    : deletes.length > 0
      ? [fence]
      : [];
  const rest = [...applies.filter((action) => !first.includes(action)), ...deletes];
  return { waves: [first, rest].filter((wave) => wave.length > 0), outcome: { kind: "done" } };
}

/**
 * Whether what the record says to be applied is what stands: for the namespace that it knows, and while no other
 * generation than this one was at work since all stood. A reconcile that died half-way left what no record tells of.
 */
export function recordTells({ generation, status }: Tenant, namespace: NamespaceSeen): boolean {
  return namespace === "unread" && generation <= status.observedGeneration + 1;
}

/** With its uid, an apply can change this very namespace, but never create it again. */
function pinned(object: KubernetesObject, uid: string | undefined): KubernetesObject {
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}

/** Access goes first, then the namespace. */
function decideDeleted(tenant: Tenant, namespace: NamespaceSeen): Plan {
  const name = namespaceOf(tenant.tenantId);
  if (typeof namespace !== "object" || (!namespace.ours && namespace.doubt === undefined)) return { waves: [], outcome: { kind: "done" } };
  if (!namespace.ours) return { waves: [], outcome: unmarked(name, namespace) };
  // Admission holds no deletion to its generation, so this does: what a newer onboarding made is not ours to delete.
  const seen = Math.max(...[namespace, ...namespace.bindings].map(({ generation = 0 }) => generation));
  // By the uid that the record knows, it is this tenant's own: the table was restored to an earlier time.
  if (seen > tenant.generation && namespace.uid === tenant.status.namespaceUid) return { waves: [], outcome: behind(seen, tenant) };
  if (seen > tenant.generation) {
    const message = `Namespace "${name}" has objects of generation ${seen}, and this decommission is at ${tenant.generation}.`;
    return { waves: [], outcome: { kind: "failed", reason: "NewerGeneration", message, blocked: false } };
  }
  const ref = { apiVersion: "v1", kind: "Namespace", name };
  if (namespace.terminating) {
    const { outcome } = terminating(name, namespace);
    const forced = tenant.desired.force === true && namespace.hold !== undefined;
    return { waves: forced ? [[{ kind: "finalize", key: `Namespace/${name}`, ref }]] : [], outcome };
  }
  const bindings = namespace.bindings.map(({ ref, uid }): Action => ({ kind: "delete", key: `${ref.kind}/${ref.name}`, ref, uid }));
  const whole: Action = {
    kind: "delete",
    key: `Namespace/${name}`,
    ref: { apiVersion: "v1", kind: "Namespace", name },
    uid: namespace.uid,
  };
  return { waves: [bindings, [whole]].filter((wave) => wave.length > 0), outcome: terminating(name, namespace).outcome };
}

/**
 * Where the cluster has a newer generation than the record: the table was restored to an earlier time, or the record of an
 * earlier tenant of the id is gone. Nobody but the holder of the lease, at the record's own generation, gets so far.
 */
export const behind = (standing: number, { generation }: Pick<Tenant, "generation">): Outcome => ({
  kind: "requeue",
  afterMs: 0,
  reason: "GenerationBehind",
  message: `The cluster has generation ${standing} of the tenant, and the record was at ${generation}: it goes on above that.`,
  above: standing,
});

/** Of a namespace that may be ours, or that is and could not be deleted, while its marks do not say so: never proof that it is gone. */
export function unmarked(name: string, { doubt }: Pick<SeenNamespace, "doubt">, why = ""): Outcome {
  const advice = "Give it our marks back, or remove it if it is not the tenant's any more.";
  return {
    kind: "failed",
    reason: "NamespaceUnmarked",
    message: `${why}Namespace "${name}" is still there. ${doubt} ${advice}`,
    blocked: false,
  };
}

function terminating(name: string, { hold }: { hold?: string }): Plan {
  const message = `Namespace "${name}" is being deleted.${hold === undefined ? "" : ` ${hold}`}`;
  return { waves: [], outcome: { kind: "waiting", afterMs: TERMINATING_MS, reason: "NamespaceTerminating", message } };
}
