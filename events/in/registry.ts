import * as Offboarding from "./TenantOffboardingRequested.ts";
import * as Onboarding from "./TenantOnboardingRequested.ts";
import * as Activate from "./TenantActivateRequested.ts";
import * as Suspend from "./TenantSuspendRequested.ts";
import * as QuotaChange from "./TenantQuotaChangeRequested.ts";
import * as AccessGrant from "./TenantAccessGrantRequested.ts";
import * as AccessRevoke from "./TenantAccessRevokeRequested.ts";
import * as TierChange from "./TenantTierChangeRequested.ts";

/** Every event that Tenantry takes, by EventBridge `detail-type`, with the area (a folder of `functions/`) that handles it. */
export const incomingEvents = {
  TenantOnboardingRequested: { area: "onboarding", ...Onboarding },
  TenantOffboardingRequested: { area: "teardown", ...Offboarding },
  TenantTierChangeRequested: { area: "quota", ...TierChange },
  TenantQuotaChangeRequested: { area: "quota", ...QuotaChange },
  TenantSuspendRequested: { area: "lifecycle", ...Suspend },
  TenantActivateRequested: { area: "lifecycle", ...Activate },
  TenantAccessGrantRequested: { area: "grants", ...AccessGrant },
  TenantAccessRevokeRequested: { area: "grants", ...AccessRevoke },
} as const;
export type IncomingType = keyof typeof incomingEvents;
