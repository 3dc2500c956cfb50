import type { Grant } from "../domain/access.ts";
import type { Said } from "../domain/outbox.ts";
import { effectiveQuota } from "../domain/quota.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import type { At } from "./try-again.ts";

/** Failed tries in a row before a tenant's failure is an event: shorter hiccups heal unheard. */
const FAILURES_TO_TELL = 3;

/** What is true now: all that waited, where the record is converged; and of grants, what the cluster follows. In the order asked. */
export function announced(tenant: Tenant, after: Tenant, grants: readonly Grant[], done: boolean, { platform }: At): Said[] {
  const { tier, quota } = after.desired;
  const shape = platform.tiers[tier];
  const namespace = namespaceOf(tenant.tenantId);
  const cluster = after.cluster ?? null;
  const data: Record<string, Record<string, unknown>> = {
    TenantReady: { namespace, cluster, tier },
    TenantQuotaChanged: { tier, quota: shape === undefined ? {} : effectiveQuota(shape, quota) },
    TenantSuspended: { namespace, cluster, workloads: after.status.sleepers ?? 0 },
    TenantActivated: { namespace, cluster },
    TenantDecommissioned: { namespace, cluster, proof: after.status.proof },
  };
  return [...(done ? tenant.announcements : []), ...grants.flatMap(({ pending }) => pending ?? [])]
    .sort((a, b) => a.generation - b.generation)
    .map(({ type, cause, data: more }) => ({ type, cause, data: { ...data[type], ...more } }));
}

/** A failure that somebody is to hear of: when it blocks the tenant, and after some tries. */
export function trouble(tenant: Tenant, after: Tenant, timers: Tenant["timers"]): Said[] {
  const { failure } = after.status;
  if (failure === undefined) return [];
  const cause = { ...after.cause, actor: "tenantry" };
  const { reason, message } = failure;
  if (failure.blocked) return tenant.status.failure?.blocked === true ? [] : [{ type: "TenantBlocked", cause, data: { reason, message } }];
  return failure.count === FAILURES_TO_TELL ? [{ type: "TenantFailed", cause, data: { reason, message, retryAt: timers.retry } }] : [];
}
