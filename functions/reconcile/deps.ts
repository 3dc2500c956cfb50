import platform from "../../config/tenantry.ts";
import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createClusterSlots } from "../../shared/adapters/dynamodb/cluster-slots.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createClusterAccess } from "../../shared/adapters/kubernetes/access.ts";
import { createDeadLetters } from "../../shared/adapters/sqs/dead-letters.ts";
import { createMessageVisibility } from "../../shared/adapters/sqs/message-visibility.ts";
import { createReconcileQueue } from "../../shared/adapters/sqs/reconcile-queue.ts";
import type { CommandQueuePorts } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { readEnv } from "../env.ts";
import { clock, log, newId, random } from "../runtime.ts";

/** The heart on its adapters: for every function that records intent or reconciles. */
export function reconcileDeps(): ReconcilePorts {
  const env = readEnv("TABLE_NAME", "RECONCILE_QUEUE_URL", "INSTALLATION", "SLOT_SHARE");
  const table = openTable(env.TABLE_NAME);
  return {
    store: createTenantStore(table),
    registry: createClusterRegistry(table),
    slots: createClusterSlots(table),
    slotShare: env.SLOT_SHARE,
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

/** What an area's queue of events needs besides. */
export function commandQueueDeps(): CommandQueuePorts {
  const env = readEnv("QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "MAX_RECEIVE_COUNT");
  return {
    clock,
    newId,
    log,
    deadLetters: createDeadLetters(env.DEAD_LETTER_QUEUE_URL),
    visibility: createMessageVisibility(env.QUEUE_URL),
    random,
    retry: platform.retry,
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    requestTimeoutMs: platform.cluster.requestTimeoutMs,
  };
}
