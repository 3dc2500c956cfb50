import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type Incoming, type IncomingType, parseIncoming } from "../../events/in/index.ts";
import { type Backoff, backoffMs } from "../domain/backoff.ts";
import { canonicalHash } from "../domain/canonical.ts";
import { TenantryError } from "../domain/errors.ts";
import type { Clock, DeadLetters, Log, MessageVisibility, NewId } from "../ports.ts";
import type { Run } from "../reconcile/run.ts";
import type { Command } from "../usecases/record-intent.ts";
import { eachRecord, runOf } from "./batch.ts";

export interface CommandQueuePorts {
  clock: Clock;
  newId: NewId;
  log: Log;
  deadLetters: DeadLetters;
  visibility: MessageVisibility;
  /** In [0, 1): spreads retries. */
  random: () => number;
  /** Pauses of what may yet succeed. */
  retry: Backoff;
  /** Receives after which a message is set aside. */
  maxReceiveCount: number;
  requestTimeoutMs: number;
}

/** One use case for each event type of a queue. */
export type CommandHandlers<T extends IncomingType> = {
  [K in T]: (command: Command, incoming: Extract<Incoming, { type: K }>) => Promise<unknown>;
};

/**
 * Handles EventBridge events from an area's queue, at least once. What can never succeed goes to the dead-letter queue
 * with its reason, at once; what may yet succeed comes back after growing pauses until its last receive, and then goes there too.
 * What fails for no reason that we know comes back after the queue's visibility timeout, and is left to its redrive.
 */
export function commandQueue<T extends IncomingType>(
  handlers: CommandHandlers<T>,
  ports: CommandQueuePorts,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  return settingAside(async (record, context) => {
    const now = ports.clock.now();
    const incoming = parseIncoming(bodyOf(record), now);
    if (!Object.hasOwn(handlers, incoming.type))
      throw new TenantryError("InvalidInput", `Event "${incoming.type}" does not belong to this queue.`);
    const run = runOf(context, { now, requestTimeoutMs: ports.requestTimeoutMs, owner: ports.newId() });
    const handler = handlers[incoming.type as T] as (command: Command, incoming: Incoming) => Promise<unknown>;
    await handler(commandOf(incoming, run), incoming);
  }, ports);
}

/**
 * A queue whose messages are set aside, with the reason, once they cannot succeed.
 * @param refused hears of it first; what it throws brings the message back
 */
export function settingAside(
  handle: (record: SQSRecord, context: Context) => Promise<void>,
  ports: CommandQueuePorts,
  refused: (record: SQSRecord, error: TenantryError) => Promise<void> = async () => {},
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  return (event, context) =>
    eachRecord(
      event,
      context,
      async (record) => {
        try {
          await handle(record, context);
        } catch (error) {
          const last = Number(record.attributes.ApproximateReceiveCount) >= ports.maxReceiveCount;
          const final = error instanceof TenantryError && (!error.retryable || last);
          if (!final) {
            if (error instanceof TenantryError) await postpone(record, ports);
            throw error;
          }
          ports.log.warn("An event is set aside as a dead letter.", {
            messageId: record.messageId,
            code: error.code,
            reason: error.message,
          });
          await refused(record, error);
          await ports.deadLetters.add(record.body, { code: error.code, reason: reasonOf(error) });
        }
      },
      ports.log,
    );
}

/** A command comes back after a pause that grows with its receives; where that cannot be said, after the queue's visibility timeout. */
async function postpone(
  { receiptHandle, messageId, attributes }: SQSRecord,
  { visibility, retry, random, log }: CommandQueuePorts,
): Promise<void> {
  const pauseMs = backoffMs(retry, Number(attributes.ApproximateReceiveCount) - 1, random());
  await visibility.postpone(receiptHandle, pauseMs / 1_000).catch((error: unknown) => {
    log.warn("A message could not be postponed; it comes back after its visibility timeout.", { messageId, error: String(error) });
  });
}

/** Throws `InvalidInput`. */
export function bodyOf(record: SQSRecord): unknown {
  try {
    return JSON.parse(record.body);
  } catch (cause) {
    throw new TenantryError("InvalidInput", "The message is not JSON.", { cause });
  }
}

/** What a checked event asks, as a command: deduped by its source and id. */
export function commandOf(incoming: Omit<Incoming, "type" | "data"> & { type: string; data: { tenantId: string } }, eager: Run): Command {
  const { eventId, source, occurredAt, correlationId, actor, data } = incoming;
  return {
    tenantId: data.tenantId,
    cause: { actor: actor ?? source, correlationId, causationId: eventId },
    occurredAt,
    key: { id: `event#${source}#${eventId}`, hash: canonicalHash({ type: incoming.type, data }) },
    eager,
  };
}

/** An error in words, with each mistake. */
export const reasonOf = (error: TenantryError): string =>
  [
    error.message,
    ...error.issues.map(({ pointer, detail }) => `${pointer}: ${detail}`).filter((issue) => !error.message.includes(issue)),
  ].join(" ");
