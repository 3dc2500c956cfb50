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

    claim: (item, next) => claim(table, item, next, "dueAt = :seen", { ":seen": item.dueAt }),
    take: (item, now, next) => claim(table, item, next, "dueAt = :seen OR dueAt <= :now", { ":seen": item.dueAt, ":now": now }),
    defer: async (item, next) =>
      (await move(table, item, next, "SET dueAt = :next REMOVE dueSince", "dueAt = :seen", { ":seen": item.dueAt })) !== undefined,
  };
}

type Key = Pick<DueItem, "pk" | "sk">;
type Values = Record<string, string>;

/** Part of an update that moves the due time of work that is not done: notes since when it is due, unless an earlier one did. */
export const KEEP_DUE_SINCE = "dueSince = if_not_exists(dueSince, dueAt)";

const claim = async (table: Table, key: Key, next: string, condition: string, values: Values): Promise<string | undefined> =>
  (await move(table, key, next, `SET ${KEEP_DUE_SINCE}, dueAt = :next`, condition, values))?.["dueSince"] as string | undefined;

/** What the update set; `undefined` where the condition did not hold. */
async function move(table: Table, { pk, sk }: Key, next: string, UpdateExpression: string, ConditionExpression: string, values: Values) {
  const update = new UpdateItemCommand({
    TableName: table.name,
    Key: toItem({ pk, sk }),
    UpdateExpression,
    ConditionExpression,
    ExpressionAttributeValues: toItem({ ":next": next, ...values }),
    ReturnValues: "UPDATED_NEW",
  });
  try {
    return fromItem((await table.client.send(update)).Attributes ?? {});
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
