import type { Cluster } from "../domain/cluster.ts";
import { place } from "../domain/placement.ts";
import type { Tenant } from "../domain/tenant.ts";
import { unlessMoved, WriteConflict } from "../ports.ts";
import { hasTier } from "../manifests/index.ts";
import { evenly } from "./evenly.ts";
import type { ReconcilePorts } from "./ports.ts";

export interface Unplaced {
  reason: "ClusterGone" | "ClusterForgotten" | "NeverPlaced" | "NoCluster" | "NoClusterFits" | "UnknownTier";
  message: string;
}

/** The tenant's cluster; chosen, and recorded, before anything is applied there. Throws `WriteConflict`. */
export async function placement(
  tenant: Tenant,
  { store, registry, platform }: ReconcilePorts,
): Promise<{ record: Tenant; cluster: Cluster } | Unplaced> {
  if (tenant.cluster !== undefined && tenant.desired.state === "Deleted" && tenant.desired.forgetCluster === true) {
    return { reason: "ClusterForgotten", message: `Cluster "${tenant.cluster}" is not asked any more.` };
  }
  if (tenant.cluster !== undefined) {
    const cluster = await registry.get(tenant.cluster);
    if (cluster !== undefined) return { record: tenant, cluster };
    if (!isUntouched(tenant)) {
      return {
        reason: "ClusterGone",
        message: `Cluster "${tenant.cluster}" is not in the registry. Register it again, or decommission with ?forget=cluster.`,
      };
    }
  }
  if (tenant.desired.state === "Deleted") return { reason: "NeverPlaced", message: "The tenant was never placed." };
  if (!hasTier(tenant, platform))
    return {
      reason: "UnknownTier",
      message: `The tier "${tenant.desired.tier}", which says which clusters fit, is not in the configuration.`,
    };
  const choice = place(tenant, await registry.list(), platform, evenly);
  if (!("cluster" in choice)) return choice;
  const after = { ...tenant, cluster: choice.cluster.name };
  await store.write({ before: tenant, after, lease: "hold" });
  // A removal marks the cluster before it looks for tenants: it finds this one, or this finds the mark.
  const cluster = await registry.get(choice.cluster.name);
  if (cluster !== undefined && cluster.state !== "Removing") return { record: after, cluster };
  await takeBack(after, store);
  throw new WriteConflict(`Cluster "${choice.cluster.name}" is being removed.`);
}

/** Nothing was ever recorded as applied: a placement that died before its second look, while the cluster went. It is placed anew. */
const isUntouched = ({ desired, status }: Tenant): boolean =>
  desired.state !== "Deleted" && status.namespaceUid === undefined && Object.keys(status.applied).length === 0;

/** Tries of taking a tenant back: a try fails only where new intent was written in between. */
const TRIES = 5;

/** Takes the tenant from a cluster where nothing was applied yet, also where new intent comes at the same time. */
async function takeBack(placed: Tenant, store: ReconcilePorts["store"]): Promise<void> {
  let before: Tenant | undefined = placed;
  for (let tries = 0; tries < TRIES && before !== undefined; tries++) {
    if (before.lease?.owner !== placed.lease?.owner) return;
    if (await unlessMoved(store.write({ before, after: { ...before, cluster: undefined }, lease: "hold" }))) return;
    before = await store.get(placed.tenantId);
  }
}
