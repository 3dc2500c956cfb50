import { ChangeMessageVisibilityCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { MessageVisibility } from "../../ports.ts";
import { awsClient } from "../aws.ts";

/** The messages of one queue. */
export function createMessageVisibility(url: string, client = new SQSClient(awsClient)): MessageVisibility {
  return {
    async postpone(receiptHandle, seconds) {
      const VisibilityTimeout = Math.ceil(seconds);
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout }));
    },
  };
}
