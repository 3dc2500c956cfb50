import { compareQuantities } from "./quantity.ts";
import type { Quota, QuotaOverride } from "./platform.ts";

/** A resource of a quota that asks for more than its ceiling. */
export interface AboveCeiling {
  resource: keyof Quota;
  asked: string;
  ceiling: string;
}

/**
 * What a tenant may use: its tier's quota, with its own numbers over it.
 * Not clamped to the ceiling: that is judged when the change is asked for, so that an edited config never takes from a running tenant.
 */
export function effectiveQuota(tier: { quota: Quota }, override: QuotaOverride = {}): Quota {
  const given = Object.entries(override).filter(([, value]) => value !== undefined);
  return { ...tier.quota, ...Object.fromEntries(given) };
}

/** The resources of an override that pass the tier's ceiling, in the quota's order. Throws `RangeError` on what is no quantity. */
export function aboveCeiling(tier: { ceiling: Quota }, override: QuotaOverride = {}): AboveCeiling[] {
  return exceeding(override, tier.ceiling).map(({ resource, value, bound }) => ({ resource, asked: value, ceiling: bound }));
}

/** The resources of which `values` has more than `bounds`. */
export function exceeding<Resources extends object>(
  values: { [K in keyof Resources]?: Resources[K] | undefined },
  bounds: Resources,
): { resource: keyof Resources; value: string; bound: string }[] {
  return (Object.keys(bounds) as (keyof Resources)[]).flatMap((resource) => {
    if (values[resource] === undefined) return [];
    const value = String(values[resource]);
    const bound = String(bounds[resource]);
    return compareQuantities(value, bound) > 0 ? [{ resource, value, bound }] : [];
  });
}
