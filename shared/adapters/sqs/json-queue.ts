import { SQSClient } from "@aws-sdk/client-sqs";
import { awsClient } from "../aws.ts";
import { sendBatch } from "./send-batch.ts";

/** A queue of messages that are JSON. */
export function createJsonQueue<T extends object>(url: string, client = new SQSClient(awsClient)): { send(messages: T[]): Promise<void> } {
  return { send: (messages) => sendBatch(client, url, messages) };
}
