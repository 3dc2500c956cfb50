import { TenantryError } from "../domain/errors.ts";
import type { Platform, Tier } from "../domain/platform.ts";
import type { Tenant } from "../domain/tenant.ts";

export const hasTier = ({ desired }: Tenant, platform: Platform): boolean => Object.hasOwn(platform.tiers, desired.tier);

/** A tenant's tier. Throws `UnknownTier` where the config no longer has it. */
export function tierOf(tenant: Tenant, platform: Platform): Tier {
  const { tier } = tenant.desired;
  const found = Object.hasOwn(platform.tiers, tier) ? platform.tiers[tier] : undefined;
  if (found === undefined) throw new TenantryError("UnknownTier", `The tier "${tier}" is not in the configuration.`);
  return found;
}
