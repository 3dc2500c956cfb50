import type { Cluster } from "../domain/cluster.ts";
import { type DriftCheck, requested } from "../domain/drift-check.ts";
import type { ClusterRegistry, DriftQueue, Log } from "../ports.ts";
import { changeCheck, checkOf, type DriftCheckPorts } from "./drift/change-check.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";
import { readCluster } from "./read-cluster.ts";

export interface RequestCheckPorts extends OncePorts, DriftCheckPorts {
  registry: Pick<ClusterRegistry, "get">;
  queue: DriftQueue;
  log: Log;
}

export interface Requested {
  cluster: Cluster;
  /** With `requestedAt`, unless this is a copy of a request whose check has begun. */
  check: DriftCheck;
}

/**
 * Asks for a drift check that begins from now on; of a paused cluster, once it is resumed. What is recorded is the wish: the
 * message is only the fast way. Throws `ClusterNotFound`, `IdempotencyKeyReused`, `WriteContention`.
 */
export async function requestDriftCheck(name: string, ports: RequestCheckPorts, key?: CommandKey): Promise<Requested> {
  return once(
    key,
    ports,
    async (dedupe) => {
      const cluster = await readCluster(name, ports.registry);
      const check = await changeCheck(cluster, ports, requested, dedupe);
      if (check.run === undefined) {
        await ports.queue.send([{ cluster: name, dueAt: check.dueAt }]).catch((error: unknown) => {
          ports.log.warn("A check could not be enqueued; the schedule does it within two minutes.", {
            cluster: name,
            error: String(error),
          });
        });
      }
      return { cluster, check };
    },
    async () => {
      const cluster = await readCluster(name, ports.registry);
      return { cluster, check: checkOf(cluster, await ports.checks.get(name), ports.driftIntervalMs) };
    },
  );
}
