import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { Tenant } from "../domain/tenant.ts";

/** Field manager of every server-side apply of a platform object. */
export const FIELD_MANAGER = "tenantry";

/** Group that each cluster maps the control plane's IAM role to; every right in `bootstrap.yaml` is its. */
export const PROVISIONER_GROUP = "tenantry:provisioner";

/** Namespaces of tenants start so; the admission policy keeps the provisioner to them. */
export const NAMESPACE_PREFIX = "tenant-";

export const LABEL_TENANT = "tenant-id";
export const LABEL_CREATED_BY = "created-by";
export const LABEL_MANAGED_BY = "app.kubernetes.io/managed-by";
export const LABEL_TIER = "tenantry.dev/tier";
export const MANAGED_BY = "tenantry";

/** The generation that last applied the object: admission denies the provisioner a lower one (docs/adr/0001). */
export const ANNOTATION_GENERATION = "tenantry.dev/generation";
/** The installation that owns the namespace: another one's is never adopted silently. */
export const ANNOTATION_INSTALLATION = "tenantry.dev/installation";

/** Names are fixed, because people script against them. */
export const NAMES = {
  networkPolicy: "tenant-isolation",
  role: "tenant-role",
  roleBinding: "tenant-binding",
  resourceQuota: "tenant-quota",
  limitRange: "tenant-limits",
  serviceMonitor: "tenant-monitor",
} as const;

/** ServiceAccount of a tenant, in its namespace. */
export const serviceAccountOf = (tenantId: string): string => `tenant-${tenantId}`;

/** What every object of a tenant carries. */
export function tenantLabels(tenantId: string): Record<string, string> {
  return { [LABEL_TENANT]: tenantId, [LABEL_CREATED_BY]: "tenant-manager", [LABEL_MANAGED_BY]: MANAGED_BY };
}

/** Metadata of an object in a tenant's namespace; a tenant's own labels are not on it. */
export function metadata(tenant: Tenant, name: string, namespace?: string): V1ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: tenantLabels(tenant.tenantId),
    annotations: { [ANNOTATION_GENERATION]: String(tenant.generation) },
  };
}
