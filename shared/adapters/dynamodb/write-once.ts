import { type TransactWriteItem, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { type Dedupe, WriteConflict } from "../../ports.ts";
import { isConflict, keys, type Table, toItem } from "./table.ts";

/** That an item is still as `before` was read (`createdAt` tells one made anew, whose versions count from 1 again), or is not there. */
export const asRead = (before: { version: number; createdAt?: string | undefined } | undefined) =>
  before === undefined
    ? { ConditionExpression: "attribute_not_exists(pk)" }
    : {
        ConditionExpression: `#version = :version${before.createdAt === undefined ? "" : " AND createdAt = :createdAt"}`,
        ExpressionAttributeNames: { "#version": "version" },
        ExpressionAttributeValues: toItem({ ":version": before.version, ":createdAt": before.createdAt }),
      };

/**
 * A conditional write with its dedupe item. A transaction also where it has one part: the SDK repeats it under one client token,
 * so its own retry is no conflict. Throws `WriteConflict`.
 */
export async function writeOnce(
  { client, name: TableName }: Table,
  change: TransactWriteItem,
  dedupe: Pick<Dedupe, "key" | "hash" | "ttl"> | undefined,
): Promise<void> {
  const parts = [change];
  if (dedupe !== undefined) {
    const Item = toItem({ ...keys.dedupe(dedupe.key), ...dedupe });
    parts.push({ Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } });
  }
  await client.send(new TransactWriteItemsCommand({ TransactItems: parts })).catch((error: unknown) => {
    if (isConflict(error)) throw new WriteConflict("The key came before, or the item was changed.", { cause: error });
    throw error;
  });
}
