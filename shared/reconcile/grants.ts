import type { KubernetesObject } from "@kubernetes/client-node";
import { type Grant, grantId, parseGrantId } from "../domain/access.ts";
import type { Cluster } from "../domain/cluster.ts";
import { PENDING_GRANTS } from "../domain/grant-intent.ts";
import type { Platform } from "../domain/platform.ts";
import { type GrantsStatus, isAsleep, type Tenant } from "../domain/tenant.ts";
import { grantBinding, objectKey, refOf, shortHash } from "../manifests/index.ts";
import type { ObjectRef, TenantStore } from "../ports.ts";

/** Grants of one page of a pass over all of them. */
const PAGE = 100;
/** Changes of grants that one round brings: the transaction of its end has an event and a write for each, and holds 100 items. */
export const GRANTS_A_ROUND = 30;

/** What a round brings to the cluster of a tenant's grants. */
export interface GrantsToBring {
  objects: KubernetesObject[];
  absent: ObjectRef[];
  /** How far the bindings follow, once these stand. */
  status: GrantsStatus | undefined;
  /** Grants whose last change these bring. */
  pending: Grant[];
  /** Pending grants (`grantId`) that the record names and this round brings. */
  named: string[];
  /** Pending grants (`grantId`) that are left to later rounds. */
  left: string[];
  /** Key of the binding of each grant that it brings, by `grantId`. */
  keys: ReadonlyMap<string, string>;
}

export const noGrants = (status: GrantsStatus | undefined): GrantsToBring => ({
  objects: [],
  absent: [],
  status,
  pending: [],
  named: [],
  left: [],
  keys: new Map(),
});

/** What the cluster took of the grants that a round brought. */
export interface GrantsBrought extends Pick<GrantsToBring, "status" | "pending" | "left"> {
  /** Whether there is more to bring, and the next round brings it at once. */
  more: boolean;
}

/**
 * What the cluster took, by the keys of what it applied. A grant that it refuses stays pending, or becomes so, behind all others: neither a
 * revoke nor a pass waits for it. Where the record cannot name so many, the pass stays at its page.
 * @param before how far the bindings followed before the round
 */
export function broughtOf(toBring: GrantsToBring, before: GrantsStatus | undefined, applied: Record<string, string>): GrantsBrought {
  const { keys, named, pending } = toBring;
  const isTaken = (id: string): boolean => applied[keys.get(id) ?? ""] !== undefined;
  const refused = [...keys.keys()].filter((id) => !isTaken(id));
  const kept = refused.filter((id) => named.includes(id));
  const isPageDone = refused.length === kept.length || toBring.left.length + refused.length <= PENDING_GRANTS;
  const status = isPageDone ? toBring.status : before;
  const isPassing = isPageDone && status !== undefined && "pass" in status;
  return {
    status,
    pending: pending.filter((grant) => isTaken(grantId(grant))),
    left: [...toBring.left, ...(isPageDone ? refused : kept)],
    // Without a step forward, the next round comes after the pause of a failure.
    more: named.some(isTaken) ? toBring.left.length > 0 || isPassing : isPassing && afterOf(status) !== afterOf(before),
  };
}

const afterOf = (status: GrantsStatus | undefined): string | undefined =>
  status !== undefined && "pass" in status ? status.after : undefined;

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
  const ids = pendingGrants.slice(0, GRANTS_A_ROUND);
  const pass = "pass" in status ? status : undefined;
  const [named, page] = await Promise.all([
    ids.length > 0 ? store.getGrants(tenantId, ids) : new Map<string, Grant>(),
    pass && store.pageGrants(tenantId, { limit: PAGE, after: pass.after }),
  ]);
  const passed = pass && passedOf(page ?? { grants: [] }, named, pass.after);
  const stands = ({ role, granted }: Grant): boolean => granted && !isAsleep(tenant) && platform.grantRoles.includes(role);
  const all = [...named.values(), ...(passed?.grants ?? [])];
  const bindingOf = (grant: Pick<Grant, "userId" | "role">): KubernetesObject =>
    grantBinding(tenant, grant, cluster.access?.usernamePrefix ?? "");
  // One that is not in the table is one that nobody has.
  const missing = ids.filter((id) => !named.has(id)).map(parseGrantId);
  const tried = [...all, ...missing];
  return {
    objects: all.filter(stands).map(bindingOf),
    absent: [...all.filter((grant) => !stands(grant)), ...missing].map((grant) => refOf(bindingOf(grant))),
    status: pass === undefined ? status : passed?.whole === true ? { stands: pass.pass } : { pass: pass.pass, after: passed?.after },
    pending: all.filter(({ pending }) => pending !== undefined),
    named: ids,
    left: pendingGrants.slice(GRANTS_A_ROUND),
    keys: new Map(tried.map((grant) => [grantId(grant), objectKey(bindingOf(grant))])),
  };
}

/** Of a page, the grants that a round brings beside those named: those that stand, and those that changed, of these no more than fit. */
function passedOf(
  { grants, next }: { grants: Grant[]; next?: string | undefined },
  named: ReadonlyMap<string, Grant>,
  after: string | undefined,
): { grants: Grant[]; after: string | undefined; whole: boolean } {
  let room = GRANTS_A_ROUND - [...named.values()].filter(({ pending }) => pending !== undefined).length;
  let last = after;
  const passed: Grant[] = [];
  for (const grant of grants) {
    const isNamed = named.has(grantId(grant));
    const isPending = grant.pending !== undefined && !isNamed;
    if (isPending && room === 0) return { grants: passed, after: last, whole: false };
    if (isPending) room -= 1;
    // Of the others, only those that stand have bindings to bring: a revoked one's went when it was revoked.
    if (!isNamed && (grant.granted || isPending)) passed.push(grant);
    last = grantId(grant);
  }
  return { grants: passed, after: last, whole: next === undefined };
}
