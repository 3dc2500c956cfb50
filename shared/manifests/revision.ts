import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import { type RevisionTarget, shapeOf } from "../domain/revision-wave.ts";
import { shortHash } from "./hash.ts";

/** Add 1 with every change of what a generator makes from the same input (a test holds it): every tenant is then due. */
export const GENERATORS_VERSION = 2;

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
    grantRoles: [...platform.grantRoles].sort(),
  };
  const hash = shortHash(parts);
  known.set(platform, hash);
  return hash;
}

/** The revision of a cluster's tenants: what it serves and enforces shapes them too, and how it names users. */
export const revisionOn = (platform: Platform, { capabilities, access }: Pick<Cluster, "capabilities" | "access">): string =>
  shortHash({ revision: revision(platform), capabilities, usernamePrefix: access?.usernamePrefix });

/** What every cluster's tenants should be at, and one name for it all. */
export function targetRevision(platform: Platform, clusters: Cluster[]): RevisionTarget {
  const shapes = clusters.map(shapeOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  const expected = clusters.map(
    (cluster) => [cluster.name, { revision: revisionOn(platform, cluster), paused: cluster.paused === true }] as const,
  );
  return { target: shortHash({ revision: revision(platform), shapes }), clusters: new Map(expected) };
}
