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

    async claim(item, next) {
      try {
        await table.client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: toItem({ pk: item.pk, sk: item.sk }),
            UpdateExpression: "SET dueAt = :next",
            ConditionExpression: "dueAt = :seen",
            ExpressionAttributeValues: toItem({ ":next": next, ":seen": item.dueAt }),
          }),
        );
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}
