import platform from "../../config/tenantry.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createWebhookInbox } from "../../shared/adapters/dynamodb/webhook-inbox.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { ReceivePorts } from "../../shared/usecases/webhooks/receive-webhook.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export function webhookDeps(): ReceivePorts {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL", "STAGE");
  return {
    inbox: createWebhookInbox(openTable(env.TABLE_NAME)),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    secrets: createSecrets({ clock, stage: env.STAGE }),
    platform,
    clock,
    log,
  };
}
