import type { Cluster } from "./cluster.ts";
import type { Platform } from "./platform.ts";
import type { Tenant } from "./tenant.ts";

export type Placement = { cluster: Cluster } | { reason: "NoCluster" | "NoClusterFits"; message: string };

/**
 * Chooses a cluster: active, with the labels that tier and tenant require; among those by weighted rendezvous
 * hashing, so tenants spread in proportion to capacity without a counter that every onboarding would contend for.
 * `score` maps a text to (0, 1), evenly.
 */
export function place(tenant: Tenant, clusters: Cluster[], platform: Platform, score: (text: string) => number): Placement {
  if (clusters.length === 0) return { reason: "NoCluster", message: "No cluster is registered. Register one with PUT /clusters/{name}." };
  const wanted = { ...platform.tiers[tenant.desired.tier]?.clusterLabels, ...tenant.desired.requirements };
  const fits = clusters.filter(
    (c) => c.state === "Active" && c.capacity > 0 && Object.entries(wanted).every(([key, value]) => c.labels[key] === value),
  );
  const weight = (c: Cluster): number => -c.capacity / Math.log(score(`${c.name}/${tenant.tenantId}`));
  const [best] = fits.sort((a, b) => weight(b) - weight(a) || a.name.localeCompare(b.name));
  if (best !== undefined) return { cluster: best };
  const asked = Object.entries(wanted).map(([key, value]) => `${key}=${value}`);
  return {
    reason: "NoClusterFits",
    message:
      asked.length === 0
        ? `No cluster takes new tenants: ${clusters.length} registered, all cordoned or of capacity 0.`
        : `No active cluster carries ${asked.join(", ")}; ${clusters.length} registered.`,
  };
}
