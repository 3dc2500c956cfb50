import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** Entries that SendMessageBatch takes at once. */
const BATCH = 10;

/** Sends messages as JSON. Throws where one was not taken. */
export async function sendBatch(client: SQSClient, url: string, messages: object[], delaySeconds = 0): Promise<void> {
  for (let start = 0; start < messages.length; start += BATCH) {
    const batch = messages.slice(start, start + BATCH);
    const answer = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
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
}
