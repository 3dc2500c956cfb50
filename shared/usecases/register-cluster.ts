import type { ClusterBody } from "../../events/bodies/cluster.ts";
import type { Cluster, ClusterConnection } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import type { ClusterRegistry } from "../ports.ts";
import { type AddressPorts, addressOf } from "./cluster-address.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";
import { type ProofPorts, proveCluster } from "./prove-cluster.ts";
import { readCluster } from "./read-cluster.ts";

export interface RegistrationPorts extends OncePorts, AddressPorts, ProofPorts {
  registry: ClusterRegistry;
}

/** Namespaces that one cluster takes, where nobody says less. */
const DEFAULT_CAPACITY = 10_000;

/**
 * Registers a cluster, or changes its item, after proving that it answers to our identity and gives it its rights. What others change of it meanwhile
 * (a pause, a cordon) stays; where they remove it, it stays removed.
 * Throws `ClusterUnreachable`, `ClusterNotFound`, `EndpointNotAllowed`, `ClusterNotBootstrapped`, `ClusterRemoved`, `IdempotencyKeyReused`, `WriteContention`.
 */
export async function registerCluster(
  name: string,
  body: ClusterBody,
  ports: RegistrationPorts,
  key?: CommandKey,
): Promise<{ cluster: Cluster; created: boolean }> {
  let known = false;
  const read = async (): Promise<Cluster | undefined> => {
    const cluster = await ports.registry.get(name);
    if (known && cluster === undefined)
      throw new TenantryError("ClusterRemoved", `Cluster "${name}" was removed while it was being registered again.`);
    known = cluster !== undefined;
    return cluster;
  };
  return once(
    key,
    ports,
    async (dedupe) => {
      const address = await addressOf(name, body, await read(), ports);
      const { serviceMonitor } = await proveCluster(address, ports);
      // Asking the cluster took seconds: what was read before may have changed.
      const before = await read();
      const cluster = await ports.registry.write(before, clusterOf(address, serviceMonitor, body, before, ports), dedupe);
      return { cluster, created: before === undefined };
    },
    async () => ({ cluster: await readCluster(name, ports.registry), created: false }),
  );
}

function clusterOf(
  address: ClusterConnection,
  serviceMonitor: boolean,
  body: ClusterBody,
  before: Cluster | undefined,
  { clock }: RegistrationPorts,
): Omit<Cluster, "version"> {
  const now = clock.now().toISOString();
  const access = body.access ?? before?.access;
  return {
    ...address,
    labels: body.labels ?? before?.labels ?? {},
    capacity: body.capacity ?? before?.capacity ?? DEFAULT_CAPACITY,
    // Whoever registers it wants it back: a removal that died left its mark, and one under way goes on after this.
    state: before === undefined || before.state === "Removing" ? "Active" : before.state,
    ...(before?.paused === true && { paused: true }),
    capabilities: { networkPolicy: body.capabilities?.networkPolicy ?? before?.capabilities.networkPolicy ?? false, serviceMonitor },
    ...(access !== undefined && { access }),
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}
