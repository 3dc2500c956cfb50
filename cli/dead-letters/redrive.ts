import { setTimeout as sleep } from "node:timers/promises";
import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type Letter, letterOf } from "./letter.ts";
import { look, receive, release } from "./look.ts";
import type { DeadLetterQueue } from "./queues.ts";

export interface Clients {
  sqs: SQSClient;
  bus: EventBridgeClient;
}

/** What became of one letter. */
export interface Moved {
  letter: Letter;
  /** `moved`, and not seen again while we watched; `returned`: it failed again and is back; `kept`: it could not be moved. */
  outcome: "moved" | "returned" | "kept";
  /** Where it went, why it is back, or why it stayed. */
  note: string;
}

export interface RedriveOptions {
  max: number;
  busName: string;
  /** How long to watch for letters that come back, milliseconds. */
  watchMs: number;
}

/** Between two looks for letters that came back, milliseconds. */
const LOOK_MS = 1_000;

/**
 * Sends a queue's letters back to where they came from, the body alone: the attributes that say why it failed stay
 * behind, and the receives are counted anew.
 *
 *     receive (hidden for two minutes) ── send to the source ── delete here
 *                                        │                     │
 *              dies here: back here ─────┘  dies here: in both ┘ the event's id makes the second copy void
 *
 * So a letter is never in neither queue. One that fails again is set aside again by the source's own handler.
 * SQS's StartMessageMoveTask does not do for this: it takes the attributes along, and knows no source for the letters
 * that a handler or a rule put here.
 */
export async function redrive(queue: DeadLetterQueue, clients: Clients, options: RedriveOptions): Promise<Moved[]> {
  const started = Date.now();
  // What fails at once is back while we are still at it: only what was here at the start is moved.
  const max = Math.min(options.max, queue.messages);
  const moved: Moved[] = [];
  const later: Message[] = [];
  try {
    for await (const message of receive(clients.sqs, queue.url, max)) {
      const letter = letterOf(message, new Date());
      if (Number(message.Attributes?.SentTimestamp ?? 0) >= started || moved.some((one) => one.letter.fingerprint === letter.fingerprint)) {
        later.push(message);
        continue;
      }
      moved.push(await moveOne(letter, message, queue, clients, options.busName));
    }
  } finally {
    await release(clients.sqs, queue.url, later);
  }
  return watch(moved, queue, clients, options.watchMs);
}

async function moveOne(letter: Letter, message: Message, queue: DeadLetterQueue, clients: Clients, busName: string): Promise<Moved> {
  try {
    const note = queue.source === undefined ? await putOnBus(letter, clients.bus, busName) : await send(letter, queue.source, clients.sqs);
    await clients.sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: message.ReceiptHandle }));
    return { letter, outcome: "moved", note };
  } catch (error) {
    await release(clients.sqs, queue.url, [message]);
    return { letter, outcome: "kept", note: String(error) };
  }
}

async function send(letter: Letter, source: { name: string; url: string }, sqs: SQSClient): Promise<string> {
  await sqs.send(new SendMessageCommand({ QueueUrl: source.url, MessageBody: letter.body }));
  return `sent to ${source.name}`;
}

async function putOnBus({ event }: Letter, bus: EventBridgeClient, busName: string): Promise<string> {
  if (event === undefined) throw new Error("it is no event, so there is nothing to put on the bus");
  const { Entries: [entry] = [] } = await bus.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: busName,
          Source: event.source,
          DetailType: event["detail-type"],
          Resources: event.resources,
          Detail: JSON.stringify(event.detail),
          ...(event.time !== undefined && { Time: new Date(event.time) }),
        },
      ],
    }),
  );
  if (entry?.EventId === undefined) throw new Error(`the bus did not take it: ${entry?.ErrorCode} ${entry?.ErrorMessage}`);
  return `put on the bus ${busName}`;
}

/** Watches for moved letters that come back. */
async function watch(moved: Moved[], queue: DeadLetterQueue, { sqs }: Clients, watchMs: number): Promise<Moved[]> {
  const returned = new Map<string, Letter>();
  const gone = moved.filter(({ outcome }) => outcome === "moved");
  for (const end = Date.now() + watchMs; gone.length > returned.size && Date.now() < end; ) {
    await sleep(LOOK_MS);
    for (const message of await look(sqs, queue.url, 1_000)) {
      const letter = letterOf(message, new Date());
      if (gone.some((one) => one.letter.fingerprint === letter.fingerprint)) returned.set(letter.fingerprint, letter);
    }
  }
  return moved.map((one) => {
    const back = one.outcome === "moved" ? returned.get(one.letter.fingerprint) : undefined;
    return back === undefined ? one : { letter: back, outcome: "returned", note: `${back.code}: ${back.reason}` };
  });
}

/** Deletes one letter for good; `undefined` where no such letter was found. */
export async function purge(queue: DeadLetterQueue, messageId: string, { sqs }: Clients): Promise<Letter | undefined> {
  const others: Message[] = [];
  try {
    for await (const message of receive(sqs, queue.url, 1_000)) {
      if (message.MessageId !== messageId) {
        others.push(message);
        continue;
      }
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: message.ReceiptHandle }));
      return letterOf(message, new Date());
    }
    return undefined;
  } finally {
    await release(sqs, queue.url, others);
  }
}
