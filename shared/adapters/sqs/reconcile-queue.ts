import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { ReconcileQueue } from "../../ports.ts";

/** Entries that SendMessageBatch takes at once. */
const BATCH = 10;

/** The interactive queue, and the bulk one where the function was given it. */
export function createReconcileQueue(urls: { interactive: string; bulk?: string | undefined }, client = new SQSClient({})): ReconcileQueue {
  return {
    async send(messages, { delaySeconds = 0, bulk = false } = {}) {
      for (let start = 0; start < messages.length; start += BATCH) {
        const batch = messages.slice(start, start + BATCH);
        const answer = await client.send(
          new SendMessageBatchCommand({
            QueueUrl: bulk ? (urls.bulk ?? urls.interactive) : urls.interactive,
            Entries: batch.map((message, index) => ({
              Id: String(index),
              MessageBody: JSON.stringify(message),
              DelaySeconds: Math.min(900, Math.max(0, Math.ceil(delaySeconds))),
            })),
          }),
        );
        const [failed] = answer.Failed ?? [];
        if (failed !== undefined)
          throw new Error(`SQS did not take ${answer.Failed?.length} of ${batch.length} messages: ${failed.Code} ${failed.Message ?? ""}`);
      }
    },
  };
}
