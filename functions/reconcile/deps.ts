import platform from "../../config/tenantry.ts";
import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createClusterSlots } from "../../shared/adapters/dynamodb/cluster-slots.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createClusterAccess } from "../../shared/adapters/kubernetes/access.ts";
import { createDeadLetters } from "../../shared/adapters/sqs/dead-letters.ts";
import { createReconcileQueue } from "../../shared/adapters/sqs/reconcile-queue.ts";
import type { CommandQueuePorts } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { readEnv } from "../env.ts";
import { clock, log, newId, random } from "../runtime.ts";

/** The heart on its adapters: for every function that records intent or reconciles. */
export function reconcileDeps(): ReconcilePorts {
  const env = readEnv("TABLE_NAME", "RECONCILE_QUEUE_URL", "INSTALLATION");
  const table = openTable(env.TABLE_NAME);
  return {
    store: createTenantStore(table),
    registry: createClusterRegistry(table),
    slots: createClusterSlots(table),
    clusters: createClusterAccess({ platform }),
    queue: createReconcileQueue({ interactive: env.RECONCILE_QUEUE_URL }),
    clock,
    newId,
    random,
    log,
    platform,
    installation: env.INSTALLATION,
  };
}

/** Receives of an event before it is set aside; the queues' own redrive (infra/queues.cjs) is the net beneath. */
const MAX_RECEIVE_COUNT = 4;

/** What an area's queue of events needs besides. */
export function commandQueueDeps(): CommandQueuePorts {
  const { DEAD_LETTER_QUEUE_URL } = readEnv("DEAD_LETTER_QUEUE_URL");
  return {
    clock,
    newId,
    log,
    deadLetters: createDeadLetters(DEAD_LETTER_QUEUE_URL),
    maxReceiveCount: MAX_RECEIVE_COUNT,
    requestTimeoutMs: platform.cluster.requestTimeoutMs,
  };
}
