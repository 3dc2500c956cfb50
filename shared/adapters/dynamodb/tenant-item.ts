import { phaseOf } from "../../domain/phase.ts";
import type { Tenant } from "../../domain/tenant.ts";
import { keys, shardOf } from "./table.ts";

/** A tenant as its item: the record, its keys, and what the indexes project. */
export function tenantItem(tenant: Tenant): Record<string, unknown> {
  return {
    ...keys.tenant(tenant.tenantId),
    ...tenant,
    phase: phaseOf(tenant),
    tier: tenant.desired.tier,
    appliedRevision: tenant.status.appliedRevision,
    paused: tenant.desired.paused === true ? true : undefined,
    listShard: keys.listShard(shardOf(tenant.tenantId)),
    dueShard: tenant.dueAt === undefined ? undefined : keys.dueShard("tenant", shardOf(tenant.tenantId)),
  };
}

const projections = ["pk", "sk", "phase", "tier", "appliedRevision", "paused", "listShard", "dueShard"];

export function tenantOf(item: Record<string, unknown>): Tenant {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !projections.includes(name))) as unknown as Tenant;
}

/** The attributes in which two items differ; `undefined` where the second lacks one. */
export function difference(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => [name, after[name]]),
  );
}
