import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { createGrantIndex } from "../../shared/adapters/dynamodb/grant-index.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import { createWebhookInbox } from "../../shared/adapters/dynamodb/webhook-inbox.ts";
import { createDeadLetters } from "../../shared/adapters/sqs/dead-letters.ts";
import type { AccessPorts } from "../../shared/usecases/identity/ports.ts";
import type { WorkWebhookPorts } from "../../shared/usecases/webhooks/work-webhook.ts";
import { readEnv } from "../env.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

export function accessDeps(): AccessPorts & WorkWebhookPorts {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL");
  const table = openTable(env.TABLE_NAME);
  return {
    ...reconcileDeps(),
    directory: createDirectory(table),
    grants: createGrantIndex(table),
    index: createDueIndex(table),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    inbox: createWebhookInbox(table),
    deadLetters: createDeadLetters(env.DEAD_LETTER_QUEUE_URL),
  };
}
