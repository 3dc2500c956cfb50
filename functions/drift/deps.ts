import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createClusterTenants } from "../../shared/adapters/dynamodb/cluster-tenants.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createJsonQueue } from "../../shared/adapters/sqs/json-queue.ts";
import type { DriftMessage } from "../../shared/usecases/check-drift.ts";
import { readEnv } from "../env.ts";

/** What asks for checks. */
export function driftScheduleDeps() {
  const env = readEnv("TABLE_NAME", "DRIFT_QUEUE_URL");
  return { registry: createClusterRegistry(openTable(env.TABLE_NAME)), queue: createJsonQueue<DriftMessage>(env.DRIFT_QUEUE_URL) };
}

/** What a check needs besides what a reconcile does. */
export function driftDeps() {
  const env = readEnv("TABLE_NAME", "DRIFT_QUEUE_URL");
  return { tenants: createClusterTenants(openTable(env.TABLE_NAME)), checks: createJsonQueue<DriftMessage>(env.DRIFT_QUEUE_URL) };
}
