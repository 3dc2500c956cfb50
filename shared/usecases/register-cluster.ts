import type { ClusterBody } from "../../events/bodies/cluster.ts";
import type { Cluster } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import { type ClusterAccess, ClusterError, type ClusterRegistry, type TenantDirectory } from "../ports.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";

export interface ClusterPorts extends OncePorts {
  registry: ClusterRegistry;
  clusters: ClusterAccess;
  directory: TenantDirectory;
  /** Endpoint and CA (base64 PEM) of an EKS cluster. */
  describe: (eksClusterName: string, region: string) => Promise<{ endpoint: string; certificateAuthority: string }>;
  defaultRegion: string;
}

/** Namespaces that one cluster takes, where nobody says less. */
const DEFAULT_CAPACITY = 10_000;
/** Longest that the first words with a cluster may take, milliseconds. */
const PROBE_MS = 8_000;

/**
 * Registers a cluster, or changes its item, after proving that it answers to our identity.
 * Throws `ClusterUnreachable`, `ClusterNotFound`, `IdempotencyKeyReused`.
 */
export async function registerCluster(
  name: string,
  body: ClusterBody,
  ports: ClusterPorts,
  key?: CommandKey,
): Promise<{ cluster: Cluster; created: boolean }> {
  return once(
    key,
    ports,
    async (dedupe) => {
      const before = await ports.registry.get(name);
      const cluster = await describedBy(name, body, before, ports);
      cluster.capabilities.serviceMonitor = await servesMonitors(cluster, ports.clusters);
      await ports.registry.put(cluster, dedupe);
      return { cluster, created: before === undefined };
    },
    async () => ({ cluster: await readCluster(name, ports.registry), created: false }),
  );
}

async function describedBy(name: string, body: ClusterBody, before: Cluster | undefined, ports: ClusterPorts): Promise<Cluster> {
  const now = ports.clock.now().toISOString();
  const region = body.region ?? before?.region ?? ports.defaultRegion;
  const eksClusterName = body.eksClusterName ?? before?.eksClusterName ?? name;
  const { endpoint, certificateAuthority } =
    body.endpoint !== undefined && body.certificateAuthority !== undefined
      ? { endpoint: body.endpoint, certificateAuthority: body.certificateAuthority }
      : await ports.describe(eksClusterName, region);
  const access = body.access ?? before?.access;
  return {
    name,
    endpoint,
    certificateAuthority,
    region,
    eksClusterName,
    roleArn: body.roleArn,
    labels: body.labels ?? before?.labels ?? {},
    capacity: body.capacity ?? before?.capacity ?? DEFAULT_CAPACITY,
    state: before?.state ?? "Active",
    ...(before?.paused === true && { paused: true }),
    capabilities: { networkPolicy: body.capabilities?.networkPolicy ?? before?.capabilities.networkPolicy ?? false, serviceMonitor: false },
    ...(access !== undefined && { access }),
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}

async function servesMonitors(cluster: Cluster, clusters: ClusterAccess): Promise<boolean> {
  try {
    return await clusters.connect(cluster).serves("monitoring.coreos.com/v1", AbortSignal.timeout(PROBE_MS));
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new TenantryError("ClusterUnreachable", `Cluster "${cluster.name}" did not answer as role ${cluster.roleArn}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Throws `ClusterNotFound`. */
export async function readCluster(name: string, registry: ClusterRegistry): Promise<Cluster> {
  const cluster = await registry.get(name);
  if (cluster === undefined) throw new TenantryError("ClusterNotFound", `Cluster "${name}" is not registered.`);
  return cluster;
}

/**
 * Cordons or pauses a cluster, or takes that back. Cordoned, it keeps its tenants and gets no new ones; paused, nothing is
 * applied there. Throws `ClusterNotFound`, `IdempotencyKeyReused`.
 */
export async function setCluster(
  name: string,
  to: Partial<Pick<Cluster, "state" | "paused">>,
  ports: ClusterPorts,
  key?: CommandKey,
): Promise<Cluster> {
  const { registry, clock } = ports;
  return once(
    key,
    ports,
    async (dedupe) => {
      const cluster = { ...(await readCluster(name, registry)), ...to, updatedAt: clock.now().toISOString() };
      await registry.put(cluster, dedupe);
      return cluster;
    },
    () => readCluster(name, registry),
  );
}

/** Takes a cluster without tenants out of the registry. Throws `ClusterNotFound`, `ClusterInUse`, `IdempotencyKeyReused`. */
export async function removeCluster(name: string, ports: ClusterPorts, key?: CommandKey): Promise<void> {
  return once(
    key,
    ports,
    async (dedupe) => {
      await readCluster(name, ports.registry);
      await assertEmpty(name, ports.directory);
      await ports.registry.delete(name, dedupe);
    },
    async () => {},
  );
}

async function assertEmpty(name: string, directory: TenantDirectory): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await directory.list({ limit: 1, cluster: name, cursor });
    if (page.items.length > 0) throw new TenantryError("ClusterInUse", `Cluster "${name}" has tenants; decommission or move them first.`);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
