import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { createOutbox } from "../../shared/adapters/dynamodb/outbox.ts";
import { eventsOfStream } from "../../shared/adapters/dynamodb/stream.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createEventPublisher } from "../../shared/adapters/eventbridge/publisher.ts";
import { createDeadLetters } from "../../shared/adapters/sqs/dead-letters.ts";
import { readEnv } from "../env.ts";
import { clock, log, pause } from "../runtime.ts";

export function outboxDeps() {
  const env = readEnv("TABLE_NAME", "EVENT_BUS_NAME", "DEAD_LETTER_QUEUE_URL");
  const table = openTable(env.TABLE_NAME);
  return {
    outbox: createOutbox(table),
    index: createDueIndex(table),
    publisher: createEventPublisher(env.EVENT_BUS_NAME),
    deadLetters: createDeadLetters(env.DEAD_LETTER_QUEUE_URL),
    clock,
    pause,
    log,
    eventsOfStream,
  };
}
