import { tearDown } from "../domain/intent.ts";
import type { Said } from "../domain/outbox.ts";
import type { Platform } from "../domain/platform.ts";
import type { Tenant, Timers, Timestamp } from "../domain/tenant.ts";
import type { ReconcilePorts } from "./ports.ts";

const before = (time: Timestamp, ms: number): Timestamp => new Date(Date.parse(time) - ms).toISOString();

/** Whether the tenant's time is up. */
export const expired = ({ desired }: Tenant, now: Timestamp): boolean =>
  desired.state === "Active" && desired.expiresAt !== undefined && desired.expiresAt <= now;

/**
 * Asks for the decommission of a tenant whose time is up, in the lease that is held; answers the record with it. It counts as asked
 * for when the time came, or with the last word on the state where that is later: this expiry stands in spite of it. Throws `WriteConflict`.
 */
export async function tearDownExpired(record: Tenant, now: Timestamp, { store, newId }: ReconcilePorts): Promise<Tenant> {
  const { desired, desiredAt } = record;
  const cause = { actor: "tenantry", correlationId: record.cause.correlationId, causationId: `expiry-${newId()}` };
  const [occurredAt = now] = [desired.expiresAt, desiredAt.state]
    .filter((time) => time !== undefined)
    .sort()
    .reverse();
  const { after } = tearDown(record.tenantId, record, { cause, occurredAt, now });
  await store.write({ before: record, after, lease: "hold" });
  return after;
}

/** When an expiring tenant is due: for the notice, then for the end. */
export function expiryTimer({ desired, status }: Tenant, platform: Platform): Timers {
  if (desired.state !== "Active" || desired.expiresAt === undefined) return {};
  const told = status.expiringTold === desired.expiresAt;
  return { expiry: told ? desired.expiresAt : before(desired.expiresAt, platform.expiryNoticeMs) };
}

/** `TenantExpiring`, once for each `expiresAt`, when its notice is due. */
export function expiryNotice({ desired, status, cause }: Tenant, now: Timestamp, platform: Platform): Said[] {
  const { state, expiresAt } = desired;
  if (
    state !== "Active" ||
    expiresAt === undefined ||
    status.expiringTold === expiresAt ||
    now < before(expiresAt, platform.expiryNoticeMs)
  )
    return [];
  return [{ type: "TenantExpiring", cause: { ...cause, actor: "tenantry" }, data: { expiresAt } }];
}
