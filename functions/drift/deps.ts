import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createClusterTenants } from "../../shared/adapters/dynamodb/cluster-tenants.ts";
import { createDriftChecks } from "../../shared/adapters/dynamodb/drift-checks.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createJsonQueue } from "../../shared/adapters/sqs/json-queue.ts";
import type { DriftMessage } from "../../shared/ports.ts";
import type { EnqueuePorts } from "../../shared/usecases/enqueue-drift-checks.ts";
import type { RunCheckPorts } from "../../shared/usecases/run-drift-check.ts";
import { readEnv } from "../env.ts";
import { reconcileDeps } from "../reconcile/deps.ts";
import { clock } from "../runtime.ts";

function common() {
  const env = readEnv("TABLE_NAME", "DRIFT_QUEUE_URL", "DRIFT_INTERVAL_MINUTES");
  const table = openTable(env.TABLE_NAME);
  return {
    table,
    queue: createJsonQueue<DriftMessage>(env.DRIFT_QUEUE_URL),
    ports: { checks: createDriftChecks(table), driftIntervalMs: env.DRIFT_INTERVAL_MINUTES * 60_000, clock },
  };
}

/** What asks for checks. */
export function driftScheduleDeps(): EnqueuePorts {
  const { table, queue, ports } = common();
  return { ...ports, queue, registry: createClusterRegistry(table) };
}

/** What a check needs: to reconcile, and what is its own. */
export function driftDeps(): RunCheckPorts {
  const { table, queue, ports } = common();
  return { ...reconcileDeps(), ...ports, tenants: createClusterTenants(table), driftQueue: queue };
}
