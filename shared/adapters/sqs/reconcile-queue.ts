import { SQSClient } from "@aws-sdk/client-sqs";
import type { ReconcileQueue } from "../../ports.ts";
import { awsClient } from "../aws.ts";
import { sendBatch } from "./send-batch.ts";

/** The interactive queue, and the bulk one where the function was given it. */
export function createReconcileQueue(
  urls: { interactive: string; bulk?: string | undefined },
  client = new SQSClient(awsClient),
): ReconcileQueue {
  return {
    async send(messages, { delaySeconds = 0, bulk = false } = {}) {
      await sendBatch(client, bulk ? (urls.bulk ?? urls.interactive) : urls.interactive, messages, delaySeconds);
    },
  };
}
