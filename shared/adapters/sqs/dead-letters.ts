import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetters } from "../../ports.ts";
import { awsClient } from "../aws.ts";

/** A dead-letter queue: the message as it came, the reason in its attributes `code` and `reason`. */
export function createDeadLetters(url: string, client = new SQSClient(awsClient)): DeadLetters {
  return {
    async add(body, { code, reason }) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: body,
          MessageAttributes: {
            code: { DataType: "String", StringValue: code },
            reason: { DataType: "String", StringValue: reason.slice(0, 2_000) },
          },
        }),
      );
    },
  };
}
