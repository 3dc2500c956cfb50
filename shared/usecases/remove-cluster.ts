import type { Cluster } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import type { ClusterRegistry, DriftChecks, TenantDirectory } from "../ports.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";
import { readCluster } from "./read-cluster.ts";

export interface RemovalPorts extends OncePorts {
  registry: ClusterRegistry;
  checks: Pick<DriftChecks, "remove">;
  directory: Pick<TenantDirectory, "list">;
  sleep: (ms: number) => Promise<unknown>;
}

/** How far the index of tenants may lag behind their records, milliseconds: mostly it is a few. */
const INDEX_LAG_MS = 1_000;

/**
 * Takes a cluster without tenants out of the registry.
 *
 *     removal     mark Removing ── look for tenants ── delete, if it is as marked
 *     placement   record the tenant's cluster ── read the cluster again ── marked or gone: take the tenant back, nothing was applied
 *
 * Whichever is first, one of the two sees the other (docs/adr/0015). A removal that dies leaves the mark: another `DELETE` goes on, a cordon,
 * uncordon or registration takes it back. Throws `ClusterNotFound`, `ClusterInUse`, `IdempotencyKeyReused`, `WriteContention`.
 */
export async function removeCluster(name: string, ports: RemovalPorts, key?: CommandKey): Promise<void> {
  const { registry, clock } = ports;
  const inState = (cluster: Cluster, state: Cluster["state"]): Promise<Cluster> =>
    registry.write(cluster, { ...cluster, state, updatedAt: clock.now().toISOString() });
  return once(
    key,
    ports,
    async (dedupe) => {
      const found = await readCluster(name, registry);
      await assertEmpty(name, ports.directory);
      const marked = await inState(found, "Removing");
      await ports.sleep(INDEX_LAG_MS);
      await assertEmpty(name, ports.directory).catch(async (error: unknown) => {
        await inState(marked, found.state === "Removing" ? "Cordoned" : found.state);
        throw error;
      });
      await registry.remove(marked, dedupe);
      await ports.checks.remove(name);
    },
    async () => {},
  );
}

async function assertEmpty(name: string, directory: Pick<TenantDirectory, "list">): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await directory.list({ limit: 1, cluster: name, cursor });
    if (page.items.length > 0) throw new TenantryError("ClusterInUse", `Cluster "${name}" has tenants; decommission or move them first.`);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
