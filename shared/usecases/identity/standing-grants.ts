import { type Grant, grantId, isGranted } from "../../domain/access.ts";
import type { Cluster } from "../../domain/cluster.ts";
import { principalOf } from "../../domain/identity-mapping.ts";
import type { Tenant } from "../../domain/tenant.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import type { AccessPorts } from "./ports.ts";

export type StandingPorts = Pick<AccessPorts, "store" | "registry" | "grants" | "clock">;

/** A grant that stands in a tenant of a cluster, and the AWS identity that it names. */
export interface Standing {
  grant: Grant;
  principalArn: string;
}

/** Tenants looked at side by side. */
const AT_ONCE = 16;

/** Two clusters of the registry may be one of EKS. */
export const isSameEks = (a: Cluster, b: Cluster): boolean => a.eksClusterName === b.eksClusterName && a.region === b.region;

/**
 * A person's grants, with an AWS identity, that stand in tenants of one EKS cluster. The grants are read as they are;
 * one that is newer than the index of persons may be missing.
 */
export async function standingGrants(userId: string, cluster: Cluster, ports: StandingPorts): Promise<Standing[]> {
  const byTenant = new Map<string, string[]>();
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await ports.grants.ofUser(userId, after);
    for (const key of page.keys) byTenant.set(key.tenantId, [...(byTenant.get(key.tenantId) ?? []), grantId(key)]);
    after = page.next;
  }
  const todo = [...byTenant];
  const found: Standing[] = [];
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) found.push(...(await standingIn(...next, cluster, ports)));
  });
  await whenAllEnded(workers);
  return found;
}

async function standingIn(
  tenantId: string,
  ids: string[],
  cluster: Cluster,
  { store, registry, clock }: StandingPorts,
): Promise<Standing[]> {
  const now = clock.now().toISOString();
  const [tenant, grants] = await Promise.all([store.get(tenantId), store.getGrants(tenantId, ids)]);
  const own = tenant && clusterName(tenant);
  const there = own === undefined ? undefined : await registry.get(own);
  if (there === undefined || !isSameEks(there, cluster)) return [];
  return [...grants.values()].flatMap((grant) => {
    const principalArn = grant.granted && isGranted(grant, now) ? principalOf(grant, now) : undefined;
    return principalArn === undefined ? [] : [{ grant, principalArn }];
  });
}

/** The cluster where a tenant's grants have effect; none once it is on its way out. */
export const clusterName = ({ desired, cluster }: Tenant): string | undefined => (desired.state === "Deleted" ? undefined : cluster);
