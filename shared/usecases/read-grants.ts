import { type Grant, type GrantKey, grantId, isGranted } from "../domain/access.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { Clock, TenantStore } from "../ports.ts";
import { notFound } from "./grant-access.ts";
import { readTenant } from "./read-tenants.ts";

interface Ports {
  store: Pick<TenantStore, "get" | "getGrants" | "pageGrants">;
  clock: Clock;
}

/** One grant that stands. Throws `TenantNotFound`, `GrantNotFound`. */
export async function readGrant(
  tenantId: string,
  key: Omit<GrantKey, "tenantId">,
  { store, clock }: Ports,
): Promise<{ tenant: Tenant; grant: Grant }> {
  const [tenant, grants] = await Promise.all([readTenant(tenantId, store), store.getGrants(tenantId, [grantId(key)])]);
  const grant = grants.get(grantId(key));
  if (grant === undefined || !isGranted(grant, clock.now().toISOString())) throw notFound(tenantId, key);
  return { tenant, grant };
}

/** A page of the grants that stand. Throws `TenantNotFound`. */
export async function listGrants(
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  { store, clock }: Ports,
): Promise<{ tenant: Tenant; grants: Grant[]; nextCursor?: string }> {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString("utf8");
  const [tenant, page] = await Promise.all([readTenant(tenantId, store), store.pageGrants(tenantId, { limit, after })]);
  const now = clock.now().toISOString();
  return {
    tenant,
    grants: page.grants.filter((grant) => isGranted(grant, now)),
    ...(page.next !== undefined && { nextCursor: Buffer.from(page.next, "utf8").toString("base64url") }),
  };
}
