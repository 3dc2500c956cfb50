import type { KubernetesObject } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { ANNOTATION_INSTALLATION, LABEL_MANAGED_BY, LABEL_TENANT, MANAGED_BY } from "../manifests/index.ts";
import type { ClusterApi } from "../ports.ts";

/** A tenant's namespace as the cluster has it; `unread` where the record knows enough. */
export type NamespaceSeen = "unread" | "absent" | { uid: string; ours: boolean; terminating: boolean; hold?: string };

/**
 * Reads the cluster only where the record does not know: before the first apply, and on the way out.
 * Throws `ClusterError`.
 */
export async function observe(tenant: Tenant, api: ClusterApi, installation: string, signal: AbortSignal): Promise<NamespaceSeen> {
  if (tenant.desired.state === "Active" && tenant.status.namespaceUid !== undefined) return "unread";
  const namespace = await api.get({ apiVersion: "v1", kind: "Namespace", name: namespaceOf(tenant.tenantId) }, signal);
  return namespace === undefined ? "absent" : seen(namespace, tenant.tenantId, installation);
}

interface NamespaceObject extends KubernetesObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

function seen(namespace: NamespaceObject, tenantId: string, installation: string): NamespaceSeen {
  const { uid = "", labels = {}, annotations = {}, deletionTimestamp } = namespace.metadata ?? {};
  const ours =
    labels[LABEL_MANAGED_BY] === MANAGED_BY && labels[LABEL_TENANT] === tenantId && annotations[ANNOTATION_INSTALLATION] === installation;
  const holding = (namespace.status?.conditions ?? []).filter(
    ({ type, status }) =>
      status === "True" && ["NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"].includes(type),
  );
  const hold = holding.map(({ message }) => message ?? "").join(" ");
  return { uid, ours, terminating: deletionTimestamp !== undefined, ...(hold !== "" && { hold }) };
}
