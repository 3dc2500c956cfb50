import type { KubernetesObject } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { describeRight } from "../domain/access-right.ts";
import type { ClusterConnection } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import type { Platform } from "../domain/platform.ts";
import { PROVISIONER_GROUP } from "../manifests/identity.ts";
import { ANNOTATION_BOOTSTRAP, bootstrapObjects, bootstrapSelector } from "../manifests/bootstrap.ts";
import { provisionerRights } from "../manifests/bootstrap/provisioner.ts";
import { objectKey } from "../manifests/index.ts";
import { type ClusterAccess, type ClusterApi, ClusterError } from "../ports.ts";

export interface ProofPorts {
  clusters: ClusterAccess;
  platform: Platform;
}

/** Longest that all questions to a cluster may take, milliseconds. */
const PROBE_MS = 8_000;
/** Access reviews under way at once. */
const REVIEWS = 16;
/** What is missing, as far as an error names it. */
const NAMED = 20;

/**
 * Proves that a cluster answers to our identity, gives it every right that `bootstrap.yaml` of this version brings, and has the rest
 * of it: the policies that bound those rights first of all.
 * Answers what the cluster serves. Throws `ClusterUnreachable`, `ClusterNotBootstrapped`.
 */
export async function proveCluster(cluster: ClusterConnection, { clusters, platform }: ProofPorts): Promise<{ serviceMonitor: boolean }> {
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    const api = clusters.connect(cluster);
    const serviceMonitor = await api.serves("monitoring.coreos.com/v1", signal);
    await assertBootstrapped(cluster, api, platform, signal);
    return { serviceMonitor };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new TenantryError("ClusterUnreachable", `Cluster "${cluster.name}" did not answer as role ${cluster.roleArn}: ${error.message}`, {
      cause: error,
    });
  }
}

async function assertBootstrapped(cluster: ClusterConnection, api: ClusterApi, platform: Platform, signal: AbortSignal): Promise<void> {
  const denied = await deniedRights(api, platform, signal);
  // Without its rights it may not look for the rest either.
  const missing = denied.length > 0 ? denied : await missingObjects(api, platform, signal);
  if (missing.length === 0) return;
  const more = missing.length > NAMED ? `; and ${missing.length - NAMED} more` : "";
  throw new TenantryError(
    "ClusterNotBootstrapped",
    `Cluster "${cluster.name}" answers to role ${cluster.roleArn}, but bootstrap.yaml of this version is not applied there, ` +
      `or the role is not mapped to the group ${PROVISIONER_GROUP}: ${missing.slice(0, NAMED).join("; ")}${more}.`,
  );
}

async function deniedRights(api: ClusterApi, platform: Platform, signal: AbortSignal): Promise<string[]> {
  const limit = pLimit(REVIEWS);
  const rights = provisionerRights(platform);
  const allowed = await Promise.all(rights.map((right) => limit(() => api.allows(right, signal))));
  return rights.filter((_, index) => allowed[index] === false).map((right) => `it may not ${describeRight(right)}`);
}

/** Objects of `bootstrap.yaml` that are not there, or are another version's. One list a kind. */
async function missingObjects(api: ClusterApi, platform: Platform, signal: AbortSignal): Promise<string[]> {
  const wanted = bootstrapObjects(platform).map(({ object }) => object);
  const kinds = new Map(wanted.map(({ apiVersion = "", kind = "" }) => [kind, apiVersion]));
  const lists = [...kinds].map(([kind, apiVersion]) => api.list({ apiVersion, kind, labelSelector: bootstrapSelector }, signal));
  const found = (await Promise.all(lists)).flatMap(({ items }) => items);
  const stamps = new Map(found.map((object) => [objectKey(object), stampOf(object)]));
  return wanted.flatMap((object) => {
    const key = objectKey(object);
    if (!stamps.has(key)) return [`${key} is missing`];
    return stamps.get(key) === stampOf(object) ? [] : [`${key} is of another version`];
  });
}

const stampOf = ({ metadata }: KubernetesObject): string | undefined => metadata?.annotations?.[ANNOTATION_BOOTSTRAP];
