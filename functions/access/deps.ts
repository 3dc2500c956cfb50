import platform from "../../config/tenantry.ts";
import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { createGrantIndex } from "../../shared/adapters/dynamodb/grant-index.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createAccessEntries } from "../../shared/adapters/eks/access-entries.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import { createWebhookInbox } from "../../shared/adapters/dynamodb/webhook-inbox.ts";
import { createReconcileQueue } from "../../shared/adapters/sqs/reconcile-queue.ts";
import { createDeadLetters } from "../../shared/adapters/sqs/dead-letters.ts";
import type { AccessPorts } from "../../shared/usecases/identity/ports.ts";
import type { WorkWebhookPorts } from "../../shared/usecases/webhooks/work-webhook.ts";
import { readEnv } from "../env.ts";
import { clock, log, newId, random } from "../runtime.ts";

export function accessDeps(): AccessPorts & WorkWebhookPorts {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL", "RECONCILE_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "INSTALLATION");
  const table = openTable(env.TABLE_NAME);
  return {
    store: createTenantStore(table),
    registry: createClusterRegistry(table),
    queue: createReconcileQueue({ interactive: env.RECONCILE_QUEUE_URL }),
    directory: createDirectory(table),
    grants: createGrantIndex(table),
    index: createDueIndex(table),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    mappings: createAccessEntries(env.INSTALLATION),
    inbox: createWebhookInbox(table),
    deadLetters: createDeadLetters(env.DEAD_LETTER_QUEUE_URL),
    clock,
    newId,
    random,
    log,
    platform,
  };
}
