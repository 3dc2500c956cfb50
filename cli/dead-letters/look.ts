import { ChangeMessageVisibilityCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** Messages that one receive brings at the most. */
const BATCH = 10;
/** How long a message stays ours while it is looked at or moved, seconds. If this process dies, it is back then. */
const HOLD_SECONDS = 120;

/**
 * Receives up to `max` messages, each once. A queue of SQS is spread over servers, so a receive that brings nothing is
 * asked again once before it counts as the end.
 */
export async function* receive(client: SQSClient, url: string, max: number): AsyncGenerator<Message> {
  const seen = new Set<string>();
  for (let empty = 0; seen.size < max && empty < 2; ) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(BATCH, max - seen.size),
        VisibilityTimeout: HOLD_SECONDS,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
    );
    empty = Messages.length === 0 ? empty + 1 : 0;
    for (const message of Messages) {
      if (message.MessageId === undefined || seen.has(message.MessageId)) continue;
      seen.add(message.MessageId);
      yield message;
    }
  }
}

/** Lets others see messages again at once. */
export async function release(client: SQSClient, url: string, messages: Message[]): Promise<void> {
  await Promise.all(
    messages.map((message) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 })),
    ),
  );
}

/** Looks at up to `max` messages and leaves them where they are. */
export async function look(client: SQSClient, url: string, max: number): Promise<Message[]> {
  const messages: Message[] = [];
  try {
    for await (const message of receive(client, url, max)) messages.push(message);
  } finally {
    await release(client, url, messages);
  }
  return messages;
}
