import { expect, test } from "@jest/globals";
import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Message } from "@aws-sdk/client-sqs";
import { eventItem } from "../../shared/adapters/dynamodb/event-item.ts";
import { keys, toItem } from "../../shared/adapters/dynamodb/table.ts";
import { anId, dynamodb, tableName, takeMessage, trailOf, untilSwept } from "../support/stack.ts";

test("an event that is larger than the bus takes is a dead letter, by the stream as by the sweep, and stays in the audit trail", async () => {
  const tenantId = anId();
  const isIts = ({ Body = "" }: Message): boolean => Body.includes(tenantId);
  const event = {
    tenantId,
    sequence: 1,
    eventId: `evt-${tenantId}`,
    type: "TenantDriftRepaired",
    occurredAt: new Date().toISOString(),
    detail: { metadata: {}, data: { text: "x".repeat(300_000) } },
    ttl: 3_900_000_000,
  };
  await dynamodb.send(new PutItemCommand({ TableName: tableName(), Item: toItem(eventItem(event)) }));
  const letter = await takeMessage("tenantry-local-outbox-dead-letters", isIts);
  expect(letter.MessageAttributes?.["code"]?.StringValue).toBe("EventTooLarge");
  expect(JSON.parse(letter.Body ?? "")).toMatchObject({ tenantId, sequence: 1, type: "TenantDriftRepaired" });

  // Due once more, as where the stream's function died: now it is the sweep's.
  const { dueShard } = eventItem(event) as { dueShard: string };
  const key = keys.event(tenantId, 1);
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: tableName(),
      Key: toItem(key),
      UpdateExpression: "SET dueAt = :due, dueShard = :shard",
      ExpressionAttributeValues: toItem({ ":due": new Date(0).toISOString(), ":shard": dueShard }),
    }),
  );
  await untilSwept("the sweep to set it aside", ["outbox-sweep"], async () => {
    const [one] = (await trailOf(tenantId)) as unknown as { dueAt?: string }[];
    return one !== undefined && one.dueAt === undefined ? one : undefined;
  });
  await takeMessage("tenantry-local-outbox-dead-letters", isIts);
});
