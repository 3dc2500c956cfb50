import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { publishEvents } from "../../shared/usecases/publish-events.ts";
import { outboxDeps } from "./deps.ts";

const deps = outboxDeps();

/**
 * The fast path of the outbox: publishes events as the table's stream brings them. What the bus does not take is no
 * failure of the batch, as that would hold up the shard: it stays due, and the sweep takes it.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  await publishEvents(deps.eventsOfStream(event), deps);
  return { batchItemFailures: [] };
}
