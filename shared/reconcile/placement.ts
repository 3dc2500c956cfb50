import type { Cluster } from "../domain/cluster.ts";
import { place } from "../domain/placement.ts";
import type { Tenant } from "../domain/tenant.ts";
import { WriteConflict } from "../ports.ts";
import { evenly } from "./evenly.ts";
import type { ReconcilePorts } from "./ports.ts";

export interface Unplaced {
  reason: "ClusterGone" | "ClusterForgotten" | "NeverPlaced" | "NoCluster" | "NoClusterFits";
  message: string;
}

/** The tenant's cluster; chosen, and recorded, before anything is applied there. */
export async function placement(
  tenant: Tenant,
  { store, registry, platform }: ReconcilePorts,
): Promise<{ record: Tenant; cluster: Cluster } | Unplaced | "moved"> {
  if (tenant.cluster !== undefined && tenant.desired.state === "Deleted" && tenant.desired.forgetCluster === true) {
    return { reason: "ClusterForgotten", message: `Cluster "${tenant.cluster}" is not asked any more.` };
  }
  if (tenant.cluster !== undefined) {
    const cluster = await registry.get(tenant.cluster);
    if (cluster !== undefined) return { record: tenant, cluster };
    return {
      reason: "ClusterGone",
      message: `Cluster "${tenant.cluster}" is not in the registry. Register it again, or decommission with ?forget=cluster.`,
    };
  }
  if (tenant.desired.state === "Deleted") return { reason: "NeverPlaced", message: "The tenant was never placed." };
  const choice = place(tenant, await registry.list(), platform, evenly);
  if (!("cluster" in choice)) return choice;
  const after = { ...tenant, cluster: choice.cluster.name };
  try {
    await store.write({ before: tenant, after, lease: "hold" });
    return { record: after, cluster: choice.cluster };
  } catch (error) {
    if (error instanceof WriteConflict) return "moved";
    throw error;
  }
}
