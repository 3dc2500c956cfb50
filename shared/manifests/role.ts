import type { V1Role } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata, NAMES } from "./identity.ts";
import { tenantRules } from "./rights.ts";

/** What the tenant's ServiceAccount may do in its namespace. */
export function role(tenant: Tenant): V1Role {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: metadata(tenant, NAMES.role, namespaceOf(tenant.tenantId)),
    rules: tenantRules,
  };
}
