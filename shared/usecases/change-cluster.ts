import type { Cluster } from "../domain/cluster.ts";
import type { ClusterRegistry } from "../ports.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";
import { readCluster } from "./read-cluster.ts";

/**
 * Cordons or pauses a cluster, or takes that back. Cordoned, it keeps its tenants and gets no new ones; paused, nothing is
 * applied there. Throws `ClusterNotFound`, `IdempotencyKeyReused`, `WriteContention`.
 */
export async function changeCluster(
  name: string,
  to: Partial<Pick<Cluster, "state" | "paused">>,
  ports: OncePorts & { registry: ClusterRegistry },
  key?: CommandKey,
): Promise<Cluster> {
  const { registry, clock } = ports;
  return once(
    key,
    ports,
    async (dedupe) => {
      const before = await readCluster(name, registry);
      return registry.write(before, { ...before, ...to, updatedAt: clock.now().toISOString() }, dedupe);
    },
    () => readCluster(name, registry),
  );
}
