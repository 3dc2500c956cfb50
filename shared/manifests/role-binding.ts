import type { V1RoleBinding } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata, NAMES, serviceAccountOf } from "./identity.ts";

/** Gives `tenant-role` to the tenant's ServiceAccount. */
export function roleBinding(tenant: Tenant): V1RoleBinding {
  const namespace = namespaceOf(tenant.tenantId);
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: metadata(tenant, NAMES.roleBinding, namespace),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: NAMES.role },
    subjects: [{ kind: "ServiceAccount", name: serviceAccountOf(tenant.tenantId), namespace }],
  };
}
