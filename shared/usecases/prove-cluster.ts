import pLimit from "p-limit";
import { describeRight } from "../domain/access-right.ts";
import type { ClusterConnection } from "../domain/cluster.ts";
import { TenantryError } from "../domain/errors.ts";
import type { Platform } from "../domain/platform.ts";
import { PROVISIONER_GROUP } from "../manifests/identity.ts";
import { provisionerRights } from "../manifests/bootstrap/provisioner.ts";
import { type ClusterAccess, type ClusterApi, ClusterError } from "../ports.ts";

export interface ProofPorts {
  clusters: ClusterAccess;
  platform: Platform;
}

/** Longest that all questions to a cluster may take, milliseconds. */
const PROBE_MS = 8_000;
/** Access reviews under way at once. */
const REVIEWS = 16;
/** Missing rights that an error names. */
const NAMED = 20;

/**
 * Proves that a cluster answers to our identity, and gives it every right that `bootstrap.yaml` of this version brings.
 * Answers what the cluster serves. Throws `ClusterUnreachable`, `ClusterRightsMissing`.
 */
export async function proveCluster(cluster: ClusterConnection, { clusters, platform }: ProofPorts): Promise<{ serviceMonitor: boolean }> {
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    const api = clusters.connect(cluster);
    const serviceMonitor = await api.serves("monitoring.coreos.com/v1", signal);
    await assertRights(cluster, api, platform, signal);
    return { serviceMonitor };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new TenantryError("ClusterUnreachable", `Cluster "${cluster.name}" did not answer as role ${cluster.roleArn}: ${error.message}`, {
      cause: error,
    });
  }
}

async function assertRights(cluster: ClusterConnection, api: ClusterApi, platform: Platform, signal: AbortSignal): Promise<void> {
  const limit = pLimit(REVIEWS);
  const rights = provisionerRights(platform);
  const allowed = await Promise.all(rights.map((right) => limit(() => api.allows(right, signal))));
  const missing = rights.filter((_, index) => allowed[index] === false).map(describeRight);
  if (missing.length === 0) return;
  const more = missing.length > NAMED ? `, and ${missing.length - NAMED} more` : "";
  throw new TenantryError(
    "ClusterRightsMissing",
    `Cluster "${cluster.name}" answers to role ${cluster.roleArn}, but denies ${missing.length} of ${rights.length} rights that it needs. ` +
      `Apply bootstrap.yaml of this version there, and map the role to the group ${PROVISIONER_GROUP}. ` +
      `Denied: ${missing.slice(0, NAMED).join("; ")}${more}.`,
  );
}
