import type { Cluster } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import type { ClusterRegistry } from "../ports.ts";

/** Throws `ClusterNotFound`. */
export async function readCluster(name: string, registry: Pick<ClusterRegistry, "get">): Promise<Cluster> {
  const cluster = await registry.get(name);
  if (cluster === undefined) throw new TenantryError("ClusterNotFound", `Cluster "${name}" is not registered.`);
  return cluster;
}
