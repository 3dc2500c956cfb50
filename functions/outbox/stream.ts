import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { eventOf } from "../../shared/adapters/dynamodb/event-item.ts";
import { fromItem, type Item } from "../../shared/adapters/dynamodb/table.ts";
import { publishEvents } from "../../shared/usecases/publish-events.ts";
import { outboxDeps } from "./deps.ts";

const deps = outboxDeps();

/**
 * The fast path of the outbox: publishes events as the table's stream brings them. What the bus does not take is no
 * failure of the batch, as that would hold up the shard: it stays due, and the sweep takes it.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const images = event.Records.flatMap(({ dynamodb }) => (dynamodb?.NewImage === undefined ? [] : [dynamodb.NewImage as Item]));
  await publishEvents(images.map((image) => eventOf(fromItem(image))), deps);
  return { batchItemFailures: [] };
}
