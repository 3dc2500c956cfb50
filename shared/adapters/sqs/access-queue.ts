import { SQSClient } from "@aws-sdk/client-sqs";
import type { AccessQueue } from "../../ports.ts";
import { awsClient } from "../aws.ts";
import { sendBatch } from "./send-batch.ts";

export function createAccessQueue(url: string, client = new SQSClient(awsClient)): AccessQueue {
  return {
    async send(items, { delaySeconds = 0 } = {}) {
      await sendBatch(client, url, items, delaySeconds);
    },
  };
}
