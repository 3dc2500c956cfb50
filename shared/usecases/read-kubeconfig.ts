import { TenantryError } from "../domain/errors.ts";
import { kubeconfigOf } from "../domain/kubeconfig.ts";
import type { ClusterRegistry, TenantStore } from "../ports.ts";
import { readTenant } from "./read-tenants.ts";

export interface KubeconfigPorts {
  store: Pick<TenantStore, "get">;
  registry: Pick<ClusterRegistry, "get">;
}

/**
 * The kubeconfig of a tenant's people; also while the tenant is suspended, when it leads to no access.
 * Throws `TenantNotFound`, `TenantDeleting`, `TenantDeleted`, `TenantNotPlaced`, `ClusterAccessUnknown`.
 */
export async function readKubeconfig(tenantId: string, { store, registry }: KubeconfigPorts): Promise<ReturnType<typeof kubeconfigOf>> {
  const { desired, status, cluster: name } = await readTenant(tenantId, store);
  if (status.deletedAt !== undefined) throw new TenantryError("TenantDeleted", `Tenant "${tenantId}" is decommissioned.`);
  if (desired.state === "Deleted") throw new TenantryError("TenantDeleting", `Tenant "${tenantId}" is being decommissioned.`);
  if (name === undefined)
    throw new TenantryError("TenantNotPlaced", `Tenant "${tenantId}" is on no cluster yet; its condition Placed says why.`);
  const cluster = await registry.get(name);
  if (cluster?.access === undefined)
    throw new TenantryError(
      "ClusterAccessUnknown",
      `Nobody registered how people reach cluster "${name}": PUT /clusters/${name} with "access" does.`,
    );
  return kubeconfigOf(tenantId, cluster, cluster.access);
}
