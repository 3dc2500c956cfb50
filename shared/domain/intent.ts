import type { Grant } from "./access.ts";
import { announce } from "./announcements.ts";
import { TenantryError } from "./errors.ts";
import { assertAhead } from "./expiry.ts";
import { type Command, judge } from "./lifecycle.ts";
import type { Cause, Desired, DesiredField, Tenant, Timestamp } from "./tenant.ts";

/**
 * What a command makes of a record. `settled` keeps the generation: at most `desiredAt` moved, so that an older
 * request that comes later still loses.
 */
export interface Intent {
  after: Tenant;
  settled?: boolean;
  /** Said at once, in the transaction of the intent. */
  event?: { type: string; data: Record<string, unknown> };
  /** Grants that change in the same transaction. */
  grants?: { before: Grant | undefined; after: Grant | undefined }[];
}

interface Asked {
  cause: Cause;
  /** When the caller asked; the highest wins, field by field. */
  occurredAt: Timestamp;
  now: Timestamp;
}

export interface Onboarding extends Asked {
  tenantId: string;
  desired: Omit<Desired, "state" | "quota">;
  /** Hash of the body as asked. */
  hash: string;
}

/** Onboards: a tenant that is not there, or that a newer request calls back after its tombstone. */
export function onboard(before: Tenant | undefined, asked: Onboarding): Intent {
  const { tenantId, occurredAt, now } = asked;
  if (before !== undefined && before.status.deletedAt === undefined && before.onboardedAs === asked.hash) {
    const newer = occurredAt > (before.desiredAt.state ?? "");
    if (!newer) return { after: before, settled: true };
    // A repeat says only that the tenant is to be there: a decommission asked for before it, that comes after it, loses.
    if (before.desired.state === "Active")
      return { after: { ...before, desiredAt: { ...before.desiredAt, state: occurredAt } }, settled: true };
  }
  if (before?.status.deletedAt !== undefined && occurredAt <= (before.desiredAt.state ?? before.status.deletedAt)) {
    throw new TenantryError(
      "TenantDeleted",
      `Tenant "${tenantId}" was decommissioned after this onboarding was asked for (${occurredAt}).`,
    );
  }
  judge("onboard", tenantId, before);
  assertAhead(asked.desired.expiresAt, now);
  const desired: Desired = { ...asked.desired, state: "Active" };
  const generation = (before?.generation ?? 0) + 1;
  const after: Tenant = {
    tenantId,
    desired,
    desiredAt: Object.fromEntries([...Object.keys(desired), "quota", "suspended"].map((field) => [field, occurredAt])),
    onboardedAs: asked.hash,
    cause: asked.cause,
    generation,
    sequence: before?.sequence ?? 0,
    eventsUntil: before?.eventsUntil,
    status: { observedGeneration: before?.status.observedGeneration ?? 0, conditions: [], applied: {} },
    announcements: [{ type: "TenantReady", generation, cause: asked.cause }],
    timers: {},
    ...(before !== undefined && { formerUntil: before.desiredAt.state ?? before.status.deletedAt }),
    createdAt: now,
    updatedAt: now,
  };
  const { name, tier, isolation, labels } = desired;
  return { after, event: { type: "TenantOnboarded", data: { name, tier, isolation, labels } } };
}

export interface Changing extends Asked {
  command: Exclude<Command, "onboard" | "tearDown">;
  /** The fields asked for, from those that stand. Throws what makes them impossible. */
  changes: (desired: Desired) => Partial<Omit<Desired, "state">>;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Changes desired fields; a field that a newer request has set stays as it is. */
export function change(tenantId: string, before: Tenant | undefined, asked: Changing): Intent {
  judge(asked.command, tenantId, before);
  const tenant = before as Tenant;
  const desired: Record<string, unknown> = { ...tenant.desired };
  const desiredAt = { ...tenant.desiredAt };
  const changed: DesiredField[] = [];
  for (const [field, value] of Object.entries(asked.changes(tenant.desired)) as [DesiredField, unknown][]) {
    if (asked.occurredAt < (desiredAt[field] ?? "")) continue;
    desiredAt[field] = asked.occurredAt;
    if (same(desired[field], value)) continue;
    if (field === "expiresAt") assertAhead(value as Timestamp | undefined, asked.now);
    desired[field] = value;
    changed.push(field);
  }
  if (changed.length === 0) return { after: { ...tenant, desiredAt }, settled: true };
  const generation = tenant.generation + 1;
  const told = announcementOf(changed, desired as unknown as Desired);
  return {
    after: {
      ...tenant,
      desired: desired as unknown as Desired,
      desiredAt,
      generation,
      cause: asked.cause,
      announcements: announce(
        tenant.announcements,
        told.map((type) => ({ type, generation, cause: asked.cause })),
      ),
      updatedAt: asked.now,
    },
  };
}

/** What is to be said once the changed fields stand in the cluster. */
function announcementOf(changed: DesiredField[], desired: Desired): string[] {
  const quota = changed.includes("tier") || changed.includes("quota") ? ["TenantQuotaChanged"] : [];
  const asleep = changed.includes("suspended") ? [desired.suspended === true ? "TenantSuspended" : "TenantActivated"] : [];
  return [...quota, ...asleep];
}

export interface TearingDown extends Asked {
  /** The cluster is gone for good: do not wait for it. */
  forgetCluster?: boolean;
  /** Do not wait for finalizers that hold the namespace. */
  force?: boolean;
}

/** Asks for the decommission. What waited to be announced is void. */
export function tearDown(tenantId: string, before: Tenant | undefined, asked: TearingDown): Intent {
  const settled = judge("tearDown", tenantId, before) === "settled";
  const tenant = before as Tenant;
  if (asked.occurredAt < (tenant.desiredAt.state ?? "")) return { after: tenant, settled: true };
  const ways = { ...(asked.forgetCluster === true && { forgetCluster: true }), ...(asked.force === true && { force: true }) };
  const desired: Desired = { ...tenant.desired, ...ways };
  if (settled && tenant.status.deletedAt === undefined && !same(desired, tenant.desired)) {
    return { after: { ...tenant, desired, generation: tenant.generation + 1, cause: asked.cause, updatedAt: asked.now } };
  }
  if (settled) return { after: { ...tenant, desiredAt: { ...tenant.desiredAt, state: asked.occurredAt } }, settled };
  const generation = tenant.generation + 1;
  return {
    after: {
      ...tenant,
      desired: { ...desired, state: "Deleted" },
      desiredAt: { ...tenant.desiredAt, state: asked.occurredAt },
      generation,
      cause: asked.cause,
      announcements: [{ type: "TenantDecommissioned", generation, cause: asked.cause }],
      updatedAt: asked.now,
    },
  };
}
