import type { KubernetesObject } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { objectHash, objectKey } from "../manifests/index.ts";
import type { ObjectRef } from "../ports.ts";
import type { NamespaceSeen } from "./observe.ts";

export type Action =
  | { kind: "apply"; key: string; hash: string; object: KubernetesObject }
  | { kind: "delete"; ref: ObjectRef; uid: string };

/** Where a reconcile stands. */
export type Outcome =
  | { kind: "done" }
  | { kind: "requeue"; afterMs: number; reason: string; message: string }
  | { kind: "failed"; reason: string; message: string; blocked: boolean };

/** Waves of actions, each wave at once and whole before the next; and what it means when all went well. */
export interface Plan {
  waves: Action[][];
  outcome: Outcome;
}

/** Pause between two looks at a namespace that is going, milliseconds. */
const TERMINATING_MS = 4_000;

/** Decides, purely, what brings the cluster to the record. Deciding on its own result decides nothing more. */
export function decide(tenant: Tenant, namespace: NamespaceSeen, objects: KubernetesObject[]): Plan {
  return tenant.desired.state === "Active" ? decideActive(tenant, namespace, objects) : decideDeleted(tenant, namespace);
}

function decideActive(tenant: Tenant, namespace: NamespaceSeen, objects: KubernetesObject[]): Plan {
  const name = namespaceOf(tenant.tenantId);
  if (typeof namespace === "object" && !namespace.ours) {
    const message = `Namespace "${name}" exists and is not managed by this installation. Remove it, or onboard under another id.`;
    return { waves: [], outcome: { kind: "failed", reason: "NamespaceTaken", message, blocked: true } };
  }
  if (typeof namespace === "object" && namespace.terminating) return terminating(name, namespace);
  const uid = typeof namespace === "object" ? namespace.uid : tenant.status.namespaceUid;
  // What was applied counts only for the namespace that the record knows.
  const applied = namespace === "unread" ? tenant.status.applied : {};
  const applies = objects.flatMap((object): Action[] => {
    const key = objectKey(object);
    const hash = objectHash(object);
    return applied[key] === hash ? [] : [{ kind: "apply", key, hash, object: object.kind === "Namespace" ? pinned(object, uid) : object }];
  });
  const first = applies.filter((action) => action.kind === "apply" && action.object.kind === "Namespace");
  const rest = applies.filter((action) => !first.includes(action));
  return { waves: [first, rest].filter((wave) => wave.length > 0), outcome: { kind: "done" } };
}

/** With its uid, an apply can change this very namespace, but never create it again. */
function pinned(object: KubernetesObject, uid: string | undefined): KubernetesObject {
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}

function decideDeleted(tenant: Tenant, namespace: NamespaceSeen): Plan {
  const name = namespaceOf(tenant.tenantId);
  if (typeof namespace !== "object" || !namespace.ours) return { waves: [], outcome: { kind: "done" } };
  if (namespace.terminating) return terminating(name, namespace);
  const wave: Action[] = [{ kind: "delete", ref: { apiVersion: "v1", kind: "Namespace", name }, uid: namespace.uid }];
  return { waves: [wave], outcome: terminating(name, namespace).outcome };
}

function terminating(name: string, { hold }: { hold?: string }): Plan {
  const message = `Namespace "${name}" is being deleted.${hold === undefined ? "" : ` ${hold}`}`;
  return { waves: [], outcome: { kind: "requeue", afterMs: TERMINATING_MS, reason: "NamespaceTerminating", message } };
}
