import type { KubernetesObject } from "@kubernetes/client-node";
import { type Grant, grantId } from "../domain/access.ts";
import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import { type GrantsStatus, isAsleep, type Tenant } from "../domain/tenant.ts";
import { grantBinding, refOf, shortHash } from "../manifests/index.ts";
import type { ObjectRef, TenantStore } from "../ports.ts";

/** Grants of one page of a pass over all of them. */
const PAGE = 100;

/** What a round brings to the cluster of a tenant's grants. */
export interface GrantsToBring {
  objects: KubernetesObject[];
  absent: ObjectRef[];
  /** How far the bindings follow, once these stand. */
  status: GrantsStatus | undefined;
}

/** What shapes all bindings at once; where it moves, a pass goes over all of them. */
export function shapeOfBindings(tenant: Tenant, platform: Platform, { access }: Cluster): string {
  const { grantRoles } = platform;
  return isAsleep(tenant) ? "asleep" : shortHash({ prefix: access?.usernamePrefix ?? "", grantRoles: [...grantRoles].sort() });
}

/** The status with the pass that it needs; the same one where it needs none. A pass is recorded before its first page. */
export function beginPass(status: GrantsStatus | undefined, shape: string): GrantsStatus {
  if (status !== undefined && ("pass" in status ? status.pass : status.stands) === shape) return status;
  return { pass: shape };
}

/**
 * The bindings to apply and to delete: those of the grants that changed, and, on a pass, those of the next page.
 * @param status as `beginPass` made it and the record has it
 */
export async function grantsToBring(
  tenant: Tenant,
  status: GrantsStatus,
  cluster: Cluster,
  platform: Platform,
  store: Pick<TenantStore, "getGrants" | "pageGrants">,
): Promise<GrantsToBring> {
  const { tenantId, pendingGrants = [] } = tenant;
  const pass = "pass" in status ? status : undefined;
  const [pending, page] = await Promise.all([
    pendingGrants.length > 0 ? store.getGrants(tenantId, pendingGrants) : new Map<string, Grant>(),
    pass && store.pageGrants(tenantId, { limit: PAGE, after: pass.after }),
  ]);
  // Of the others, only those that stand have bindings to bring: a revoked one's went when it was revoked.
  const passed = (page?.grants ?? []).filter((grant) => grant.granted && !pending.has(grantId(grant)));
  const stands = ({ role, granted }: Grant): boolean => granted && !isAsleep(tenant) && platform.grantRoles.includes(role);
  const all = [...pending.values(), ...passed];
  const bindingOf = (grant: Grant): KubernetesObject => grantBinding(tenant, grant, cluster.access?.usernamePrefix ?? "");
  return {
    objects: all.filter(stands).map(bindingOf),
    absent: all.filter((grant) => !stands(grant)).map((grant) => refOf(bindingOf(grant))),
    status: pass === undefined ? status : page?.next === undefined ? { stands: pass.pass } : { pass: pass.pass, after: page.next },
  };
}
