import * as Offboarding from "./TenantOffboardingRequested.ts";
import * as Onboarding from "./TenantOnboardingRequested.ts";
import * as Activate from "./TenantActivateRequested.ts";
import * as Suspend from "./TenantSuspendRequested.ts";
import * as QuotaChange from "./TenantQuotaChangeRequested.ts";
import * as TierChange from "./TenantTierChangeRequested.ts";

/** Every event that Tenantry takes, by EventBridge `detail-type`, with the area (a folder of `functions/`) that handles it. */
export const incomingEvents = {
  TenantOnboardingRequested: { area: "onboarding", ...Onboarding },
  TenantOffboardingRequested: { area: "teardown", ...Offboarding },
  TenantTierChangeRequested: { area: "quota", ...TierChange },
  TenantQuotaChangeRequested: { area: "quota", ...QuotaChange },
  TenantSuspendRequested: { area: "lifecycle", ...Suspend },
  TenantActivateRequested: { area: "lifecycle", ...Activate },
} as const;
export type IncomingType = keyof typeof incomingEvents;
