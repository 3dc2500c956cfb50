import type { V1ServiceAccount } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata, serviceAccountOf } from "./identity.ts";

/** The identity of the tenant's own automation. A pod gets its token only by asking for it. */
export function serviceAccount(tenant: Tenant): V1ServiceAccount {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata(tenant, serviceAccountOf(tenant.tenantId), namespaceOf(tenant.tenantId)),
    automountServiceAccountToken: false,
  };
}
