import type { KubernetesObject } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { ANNOTATION_GENERATION, ANNOTATION_INSTALLATION, LABEL_MANAGED_BY, LABEL_TENANT, MANAGED_BY } from "../manifests/index.ts";
import type { ClusterApi, ObjectRef } from "../ports.ts";

/** A tenant's namespace as the cluster has it; `unread` where the record knows enough. */
export type NamespaceSeen = "unread" | "absent" | SeenNamespace;

export interface SeenNamespace {
  uid: string;
  ours: boolean;
  /** The generation that last applied it. */
  generation?: number;
  terminating: boolean;
  /** What holds a terminating namespace, in the words of its own conditions. */
  hold?: string;
  /** On the way out: its RoleBindings. */
  bindings: { ref: ObjectRef; uid: string | undefined; generation?: number }[];
}

/**
 * Reads the cluster only where the record does not know: before the first apply, and on the way out.
 * Throws `ClusterError`.
 */
export async function observe(tenant: Tenant, api: ClusterApi, installation: string, signal: AbortSignal): Promise<NamespaceSeen> {
  if (tenant.desired.state === "Active" && tenant.status.namespaceUid !== undefined) return "unread";
  const namespace = await api.get({ apiVersion: "v1", kind: "Namespace", name: namespaceOf(tenant.tenantId) }, signal);
  if (namespace === undefined) return "absent";
  const found = seen(namespace, tenant.tenantId, installation);
  const leaving = tenant.desired.state === "Deleted" && found.ours && !found.terminating;
  return leaving ? { ...found, bindings: await bindingsOf(api, namespaceOf(tenant.tenantId), signal) } : found;
}

async function bindingsOf(api: ClusterApi, namespace: string, signal: AbortSignal): Promise<SeenNamespace["bindings"]> {
  const kind = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" };
  const { items } = await api.list({ ...kind, namespace, labelSelector: `${LABEL_MANAGED_BY}=${MANAGED_BY}` }, signal);
  return items.map(({ metadata }) => ({
    ref: { ...kind, name: metadata?.name ?? "", namespace },
    uid: metadata?.uid,
    ...generationOf(metadata?.annotations),
  }));
}

function generationOf(annotations: Record<string, string> = {}): { generation?: number } {
  const generation = Number(annotations[ANNOTATION_GENERATION] ?? Number.NaN);
  return Number.isNaN(generation) ? {} : { generation };
}

interface NamespaceObject extends KubernetesObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

function seen(namespace: NamespaceObject, tenantId: string, installation: string): SeenNamespace {
  const { uid = "", labels = {}, annotations = {}, deletionTimestamp } = namespace.metadata ?? {};
  const ours =
    labels[LABEL_MANAGED_BY] === MANAGED_BY && labels[LABEL_TENANT] === tenantId && annotations[ANNOTATION_INSTALLATION] === installation;
  const holding = (namespace.status?.conditions ?? []).filter(
    ({ type, status }) =>
      status === "True" &&
      [
        "NamespaceContentRemaining",
        "NamespaceFinalizersRemaining",
        "NamespaceDeletionContentFailure",
        "NamespaceDeletionDiscoveryFailure",
      ].includes(type),
  );
  const hold = holding.map(({ message }) => message ?? "").join(" ");
  return {
    uid,
    ours,
    ...generationOf(annotations),
    terminating: deletionTimestamp !== undefined,
    bindings: [],
    ...(hold !== "" && { hold }),
  };
}
