import { setTimeout as sleep } from "node:timers/promises";
import platform from "../../config/tenantry.ts";
import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createDriftChecks } from "../../shared/adapters/dynamodb/drift-checks.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createTenantDirectory } from "../../shared/adapters/dynamodb/tenant-directory.ts";
import { describeCluster } from "../../shared/adapters/eks/describe.ts";
import { createClusterAccess } from "../../shared/adapters/kubernetes/access.ts";
import { createJsonQueue } from "../../shared/adapters/sqs/json-queue.ts";
import type { DriftMessage } from "../../shared/ports.ts";
import type { RegistrationPorts } from "../../shared/usecases/register-cluster.ts";
import type { RequestCheckPorts } from "../../shared/usecases/request-drift-check.ts";
import type { RemovalPorts } from "../../shared/usecases/remove-cluster.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export type ClusterDeps = RegistrationPorts & RemovalPorts & RequestCheckPorts;

export function clusterDeps(): ClusterDeps {
  const env = readEnv("TABLE_NAME", "AWS_REGION", "CLUSTER_ENDPOINT_HOSTS", "DRIFT_QUEUE_URL", "DRIFT_INTERVAL_MINUTES");
  const table = openTable(env.TABLE_NAME);
  return {
    registry: createClusterRegistry(table),
    directory: createTenantDirectory(table),
    checks: createDriftChecks(table),
    driftIntervalMs: env.DRIFT_INTERVAL_MINUTES * 60_000,
    queue: createJsonQueue<DriftMessage>(env.DRIFT_QUEUE_URL),
    dedupes: createTenantStore(table),
    dedupeDays: platform.retentionDays.dedupe,
    clusters: createClusterAccess({ platform }),
    platform,
    describe: describeCluster,
    endpointHosts: env.CLUSTER_ENDPOINT_HOSTS,
    defaultRegion: env.AWS_REGION,
    sleep,
    clock,
    log,
  };
}
