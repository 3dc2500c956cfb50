import type { Platform } from "../domain/platform.ts";
import { shortHash } from "./hash.ts";

/** Add 1 with every change of what a generator makes from the same input (a test holds it): every tenant is then due. */
export const GENERATORS_VERSION = 1;

const known = new WeakMap<Platform, string>();

/** What shapes the manifests, as a hash: the generators' version and the parts of the config that they read. */
export function revision(platform: Platform): string {
  const before = known.get(platform);
  if (before !== undefined) return before;
  const tiers = Object.entries(platform.tiers).map(([name, { quota, limits, podSecurity }]) => [name, { quota, limits, podSecurity }]);
  const parts = {
    version: GENERATORS_VERSION,
    tiers: Object.fromEntries(tiers),
    network: platform.network,
    monitoring: platform.monitoring,
  };
  const hash = shortHash(parts);
  known.set(platform, hash);
  return hash;
}
