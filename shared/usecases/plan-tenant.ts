import type { KubernetesObject } from "@kubernetes/client-node";
import { canonicalJson } from "../domain/canonical.ts";
import { TenantryError } from "../domain/errors.ts";
import { place } from "../domain/placement.ts";
import type { Tenant } from "../domain/tenant.ts";
import { objectKey, tenantObjects } from "../manifests/index.ts";
import { type ClusterApi, ClusterError } from "../ports.ts";
import { evenly } from "../reconcile/evenly.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";

/** What would become of one object. */
export interface PlannedObject {
  object: string;
  action: "none" | "create" | "change" | "refused";
  /** Paths of the fields that would change, `spec.hard.pods`. */
  fields: string[];
  /** Why the cluster would refuse it. */
  reason?: string | undefined;
}

export interface Plan {
  cluster: string;
  namespace: string;
  objects: PlannedObject[];
}

/** Longest that a plan may take, milliseconds. */
const PLAN_MS = 15_000;

/**
 * What a record would change in its cluster, by dry runs of the very applies: nothing is written anywhere.
 * Throws `ClusterUnreachable`, `ClusterNotFound`.
 */
export async function planTenant(after: Tenant, ports: ReconcilePorts): Promise<Plan> {
  const cluster = await clusterOf(after, ports);
  const api = ports.clusters.connect(cluster);
  const objects = tenantObjects(after, ports.platform, cluster, ports.installation);
  const signal = AbortSignal.timeout(PLAN_MS);
  try {
    return {
      cluster: cluster.name,
      namespace: objects[0]?.metadata?.name ?? "",
      objects: await Promise.all(objects.map((object) => planObject(api, object, signal))),
    };
  } catch (cause) {
    if (!(cause instanceof ClusterError)) throw cause;
    throw new TenantryError("ClusterUnreachable", `Cluster "${cluster.name}": ${cause.message}`, { cause });
  }
}

async function clusterOf(tenant: Tenant, { registry, platform }: ReconcilePorts) {
  if (tenant.cluster !== undefined) {
    const known = await registry.get(tenant.cluster);
    if (known !== undefined) return known;
    throw new TenantryError("ClusterNotFound", `Cluster "${tenant.cluster}" is not in the registry.`);
  }
  const choice = place(tenant, await registry.list(), platform, evenly);
  if ("cluster" in choice) return choice.cluster;
  throw new TenantryError("ClusterNotFound", choice.message);
}

async function planObject(api: ClusterApi, object: KubernetesObject, signal: AbortSignal): Promise<PlannedObject> {
  const { apiVersion = "", kind = "", metadata } = object;
  const key = objectKey(object);
  const current = await api.get({ apiVersion, kind, name: metadata?.name ?? "", namespace: metadata?.namespace }, signal);
  if (current === undefined) return { object: key, action: "create", fields: [] };
  try {
    const fields = differences(current, await api.apply(object, signal, { dryRun: true }));
    return { object: key, action: fields.length === 0 ? "none" : "change", fields };
  } catch (error) {
    if (!(error instanceof ClusterError) || error.retryable) throw error;
    return { object: key, action: "refused", fields: [], reason: error.message };
  }
}

/** Bookkeeping of the API server, which every apply moves. */
const ignored = new Set([
  "metadata.managedFields",
  "metadata.resourceVersion",
  "metadata.generation",
  "metadata.annotations.tenantry.dev/generation",
  "status",
]);

/** Paths at which two objects differ, down to lists and scalars. */
export function differences(before: unknown, after: unknown, path = ""): string[] {
  if (ignored.has(path) || canonicalJson(before) === canonicalJson(after)) return [];
  if (!isMap(before) || !isMap(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => differences(before[key], after[key], path === "" ? key : `${path}.${key}`));
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
