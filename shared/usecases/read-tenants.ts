import { TenantryError } from "../domain/errors.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { TenantStore } from "../ports.ts";

/** Reads a tenant, a tombstone while it lasts. Throws `TenantNotFound`. */
export async function readTenant(tenantId: string, store: Pick<TenantStore, "get">): Promise<Tenant> {
  const tenant = await store.get(tenantId);
  if (tenant === undefined) throw new TenantryError("TenantNotFound", `Tenant "${tenantId}" does not exist.`);
  return tenant;
}
