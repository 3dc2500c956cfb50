import { isApplied } from "../../../../shared/domain/access.ts";
import { phaseOf } from "../../../../shared/domain/phase.ts";
import { namespaceOf, type Tenant } from "../../../../shared/domain/tenant.ts";
import { grantBinding, isGrantKey, objectKey } from "../../../../shared/manifests/index.ts";
import type { World } from "../world.ts";

/** Nobody is bound in a tenant that is reported Suspended; whose revoke is reported as applied is not bound. */
export function accessAsReported(world: World): string[] {
  return [...world.table.tenants.values()].flatMap((tenant) => {
    const bound = bindingsIn(world, tenant);
    if (phaseOf(tenant) === "Suspended") return bound.map((key) => `${tenant.tenantId} is Suspended, and ${key} is there`);
    return revokedOf(world, tenant)
      .filter((key) => bound.includes(key))
      .map((key) => `${tenant.tenantId} reports a revoke as applied, and ${key} is there`);
  });
}

/** Keys of the bindings of grants that stand in a tenant's namespace. */
function bindingsIn(world: World, { tenantId, cluster }: Tenant): string[] {
  return world.clusterOf(cluster).within(namespaceOf(tenantId)).map(objectKey).filter(isGrantKey);
}

/** Keys of the bindings that must be gone: those of revoked grants, once the tenant is converged and the grant does not wait. */
function revokedOf({ table }: World, tenant: Tenant): string[] {
  const { tenantId, generation, status, desired, pendingGrants = [] } = tenant;
  if (status.observedGeneration !== generation || desired.state !== "Active") return [];
  return [...table.grants.values()]
    .filter((grant) => grant.tenantId === tenantId && !grant.granted && isApplied(grant, pendingGrants))
    .map((grant) => objectKey(grantBinding(tenant, grant, "")));
}
