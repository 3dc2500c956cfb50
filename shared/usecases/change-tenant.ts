import { mostEntries } from "../../events/bodies/fields.ts";
import type { PatchBody } from "../../events/bodies/patch.ts";
import { TenantryError } from "../domain/errors.ts";
import { change } from "../domain/intent.ts";
import type { Platform } from "../domain/platform.ts";
import { aboveCeiling } from "../domain/quota.ts";
import type { Desired } from "../domain/tenant.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { knownTier } from "./onboard-tenant.ts";
import { type Plan, planTenant } from "./plan-tenant.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Changes what a tenant should be. Throws `InvalidInput`, `TenantNotFound`, `UnknownTier`, `QuotaAboveCeiling`, `TenantDeleting`, `TenantDeleted`. */
export async function changeTenant(command: Command, patch: PatchBody, ports: ReconcilePorts): Promise<Recorded> {
  const { platform } = ports;
  if (patch.tier !== undefined) knownTier(patch.tier, platform);
  return recordIntent(
    command,
    (before, at) =>
      change(command.tenantId, before, { ...command, ...at, command: "change", changes: (desired) => changesOf(desired, patch, platform) }),
    ports,
  );
}

/** What a patch would change in the cluster; nothing is written. Throws as `changeTenant` does, and `ClusterUnreachable`. */
export async function planChange(command: Command, patch: PatchBody, ports: ReconcilePorts): Promise<Plan> {
  const { platform, clock } = ports;
  if (patch.tier !== undefined) knownTier(patch.tier, platform);
  const before = await ports.store.get(command.tenantId);
  const now = clock.now().toISOString();
  const { after } = change(command.tenantId, before, {
    ...command,
    command: "change",
    now,
    changes: (desired) => changesOf(desired, patch, platform),
  });
  return planTenant(after, ports);
}

/** The fields that a patch names, merged with what stands. */
function changesOf(desired: Desired, patch: PatchBody, platform: Platform): Partial<Omit<Desired, "state">> {
  const changes: Partial<Omit<Desired, "state">> = {};
  if (patch.tier !== undefined) changes.tier = patch.tier;
  if (patch.name !== undefined) changes.name = patch.name;
  if (patch.owner !== undefined) changes.owner = patch.owner ?? undefined;
  if (patch.expiresAt !== undefined) changes.expiresAt = patch.expiresAt ?? undefined;
  if (patch.requirements !== undefined)
    changes.requirements = patch.requirements === null ? {} : (merge(desired.requirements, patch.requirements) ?? {});
  if (patch.labels !== undefined) changes.labels = patch.labels === null ? {} : (merge(desired.labels, patch.labels) ?? {});
  if (patch.quota !== undefined) changes.quota = patch.quota === null ? undefined : merge(desired.quota ?? {}, patch.quota);
  notTooMany("labels", changes.labels);
  notTooMany("requirements", changes.requirements);
  withinCeiling({ ...desired, ...changes }, platform);
  return changes;
}

function merge<T extends object>(target: T, patch: { [key: string]: unknown }): T | undefined {
  const merged = Object.entries({ ...target, ...patch }).filter(([, value]) => value !== null && value !== undefined);
  return merged.length === 0 ? undefined : (Object.fromEntries(merged) as T);
}

/** The patch alone may be small; what counts is what it makes. */
function notTooMany(field: "labels" | "requirements", merged: Record<string, string> = {}): void {
  const count = Object.keys(merged).length;
  if (count <= mostEntries) return;
  throw new TenantryError("InvalidInput", `The tenant would have ${count} ${field}.`, {
    issues: [{ pointer: `/${field}`, detail: `at most ${mostEntries} entries` }],
  });
}

function withinCeiling({ tier, quota }: Desired, platform: Platform): void {
  const shape = platform.tiers[tier];
  if (shape === undefined || quota === undefined) return;
  const above = aboveCeiling(shape, quota);
  if (above.length === 0) return;
  throw new TenantryError("QuotaAboveCeiling", `The quota is above the ceiling of tier "${tier}".`, {
    issues: above.map(({ resource, asked, ceiling }) => ({ pointer: `/quota/${resource}`, detail: `${asked} is above ${ceiling}` })),
  });
}
