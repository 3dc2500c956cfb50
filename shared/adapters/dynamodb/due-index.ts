import { QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { DueIndex, DueItem } from "../../ports.ts";
import { dueShardOf } from "./directory-query.ts";
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
      const set = await update(table, item, CLAIM, SEEN, { ":next": next, ":seen": item.dueAt });
      return set?.["dueSince"] as string | undefined;
    },
    async take(item, now, next) {
      const values = { ":next": next, ":seen": item.dueAt, ":now": now, ":one": 1 };
      const set = await update(table, item, `${CLAIM} ADD tries :one`, `${SEEN} OR dueAt <= :now`, values);
      return set && { since: String(set["dueSince"]), tries: Number(set["tries"]) };
    },
    defer: async (item, next) =>
      (await update(table, item, "SET dueAt = :next REMOVE dueSince, tries", SEEN, { ":next": next, ":seen": item.dueAt })) !== undefined,
    setAside: async (item) =>
      (await update(table, item, "SET setAside = :yes REMOVE dueAt, dueSince, dueShard, tries", SEEN, {
        ":seen": item.dueAt,
        ":yes": true,
      })) !== undefined,
    revive: async (item, dueAt) =>
      (await update(table, item, "SET dueAt = :due, dueShard = :shard REMOVE setAside", "setAside = :yes AND attribute_not_exists(dueAt)", {
        ":due": dueAt,
        ":shard": dueShardOf(item, dueAt),
        ":yes": true,
      })) !== undefined,
  };
}

/** Part of an update that moves the due time of work that is not done: notes since when it is due, unless an earlier one did. */
export const KEEP_DUE_SINCE = "dueSince = if_not_exists(dueSince, dueAt)";
const CLAIM = `SET ${KEEP_DUE_SINCE}, dueAt = :next`;
const SEEN = "dueAt = :seen";

/** What the update set; `undefined` where the condition did not hold. */
async function update(
  table: Table,
  { pk, sk }: Pick<DueItem, "pk" | "sk">,
  UpdateExpression: string,
  ConditionExpression: string,
  values: Record<string, unknown>,
): Promise<Record<string, unknown> | undefined> {
  const command = new UpdateItemCommand({
    TableName: table.name,
    Key: toItem({ pk, sk }),
    UpdateExpression,
    ConditionExpression,
    ExpressionAttributeValues: toItem(values),
    ReturnValues: "UPDATED_NEW",
  });
  try {
    return fromItem((await table.client.send(command)).Attributes ?? {});
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
