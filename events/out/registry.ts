import * as AccessGranted from "./TenantAccessGranted.ts";
import * as AccessRevoked from "./TenantAccessRevoked.ts";
import * as Blocked from "./TenantBlocked.ts";
import * as Decommissioned from "./TenantDecommissioned.ts";
import * as Activated from "./TenantActivated.ts";
import * as DriftRepaired from "./TenantDriftRepaired.ts";
import * as Expiring from "./TenantExpiring.ts";
import * as Failed from "./TenantFailed.ts";
import * as Onboarded from "./TenantOnboarded.ts";
import * as QuotaChanged from "./TenantQuotaChanged.ts";
import * as Ready from "./TenantReady.ts";
import * as Suspended from "./TenantSuspended.ts";

/**
 * Every event that Tenantry publishes, by EventBridge `detail-type`. For generation and tests: emitters use
 * `events/out/index.ts`, which carries no schema into a function's bundle.
 */
export const outgoingEvents = {
  TenantOnboarded: Onboarded,
  TenantReady: Ready,
  TenantFailed: Failed,
  TenantBlocked: Blocked,
  TenantQuotaChanged: QuotaChanged,
  TenantAccessGranted: AccessGranted,
  TenantAccessRevoked: AccessRevoked,
  TenantSuspended: Suspended,
  TenantActivated: Activated,
  TenantExpiring: Expiring,
  TenantDriftRepaired: DriftRepaired,
  TenantDecommissioned: Decommissioned,
} as const;

/** EventBridge `source` of every event out. */
export const outgoingSource = "tenantry";
