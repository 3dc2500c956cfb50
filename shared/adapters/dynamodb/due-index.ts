import { QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { DueIndex, DueItem } from "../../ports.ts";
import { fromItem, isConflict, keys, SHARDS, type Table, toItem } from "./table.ts";

/** The sparse index of everything that has a due time. */
export function createDueIndex(table: Table): DueIndex {
  return {
    shards: SHARDS,

    async due(kind, shard, now, limit) {
      const answer = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: "due",
          KeyConditionExpression: "dueShard = :shard AND dueAt <= :now",
          ExpressionAttributeValues: toItem({ ":shard": keys.dueShard(kind, shard), ":now": now }),
          Limit: limit,
        }),
      );
      return (answer.Items ?? []).map((item) => {
        const { pk, sk, dueAt } = fromItem(item) as unknown as DueItem;
        return { pk, sk, dueAt };
      });
    },

    claim: (item, next) => move(table, item, next, "dueAt = :seen", { ":seen": item.dueAt }),
    take: (item, now, next) => move(table, item, next, "dueAt = :seen OR dueAt <= :now", { ":seen": item.dueAt, ":now": now }),
  };
}

async function move(
  table: Table,
  { pk, sk }: Pick<DueItem, "pk" | "sk">,
  next: string,
  condition: string,
  values: Record<string, string>,
): Promise<boolean> {
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: toItem({ pk, sk }),
        UpdateExpression: "SET dueAt = :next",
        ConditionExpression: condition,
        ExpressionAttributeValues: toItem({ ":next": next, ...values }),
      }),
    );
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
