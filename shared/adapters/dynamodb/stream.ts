import type { DynamoDBStreamEvent } from "aws-lambda";
import type { OutboxEvent } from "../../ports.ts";
import { eventOf } from "./event-item.ts";
import { fromItem, type Item } from "./table.ts";

/** The outbox events that a batch of the table's stream brings (new images). */
export function eventsOfStream({ Records }: DynamoDBStreamEvent): OutboxEvent[] {
  return Records.flatMap(({ dynamodb }) => (dynamodb?.NewImage === undefined ? [] : [eventOf(fromItem(dynamodb.NewImage as Item))]));
}
