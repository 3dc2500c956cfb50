import { QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { fromItem, isConflict, type Item, keys, shardOf, type Table, toItem } from "./table.ts";

/** Where an item with a due time is found by the sweep: all of a provider's work is of the kind `access`. */
export const dueShardOf = ({ pk, sk }: { pk: string; sk: string }, dueAt: string | undefined): string | undefined =>
  dueAt === undefined ? undefined : keys.dueShard("access", shardOf(pk + sk));

/** `dueSince`, `tries` and `setAside` belong to a due time: whoever writes the item anew gives it a new one. */
const projections = ["pk", "sk", "userKey", "dueShard", "dueSince", "tries", "setAside"];

/** A record from its item: without what only keys and indexes read. */
export const recordOf = <T>(item: Item): T =>
  Object.fromEntries(Object.entries(fromItem(item)).filter(([name]) => !projections.includes(name))) as T;

/** One page of the items of `pk` whose `sk` begins with `prefix`; `next` is what follows the prefix in the last key looked at. */
export async function queryPage(
  { client, name }: Table,
  { pk, sk: prefix }: { pk: string; sk: string },
  { limit, after }: { limit?: number | undefined; after?: string | undefined },
  more: Partial<QueryCommandInput> = {},
): Promise<{ items: Item[]; next?: string | undefined }> {
  const answer = await client.send(
    new QueryCommand({
      TableName: name,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: toItem({ ":pk": pk, ":prefix": prefix }),
      ExclusiveStartKey: after === undefined ? undefined : toItem({ pk, sk: prefix + after }),
      Limit: limit,
      ...more,
    }),
  );
  const last = answer.LastEvaluatedKey?.["sk"]?.S;
  return { items: answer.Items ?? [], ...(last !== undefined && { next: last.slice(prefix.length) }) };
}

/** The keys of all items that the index `user` has under a value. Eventually consistent. */
export async function keysOfIndex({ client, name }: Table, userKey: string): Promise<{ pk: string; sk: string }[]> {
  const found: { pk: string; sk: string }[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const answer = await client.send(
      new QueryCommand({
        TableName: name,
        IndexName: "user",
        KeyConditionExpression: "userKey = :key",
        ExpressionAttributeValues: toItem({ ":key": userKey }),
        ExclusiveStartKey,
      }),
    );
    found.push(...(answer.Items ?? []).map((item) => fromItem(item) as { pk: string; sk: string }));
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return found;
}

/** A condition on the version that was read. */
export const versionIs = (ConditionExpression: string, { version }: { version: number }) => ({
  ConditionExpression,
  ExpressionAttributeNames: { "#version": "version" },
  ExpressionAttributeValues: toItem({ ":version": version }),
});

/** Whether a conditional write was done; false where its condition did not hold. */
export const written = (write: Promise<unknown>): Promise<boolean> =>
  write.then(
    () => true,
    (error: unknown) => {
      if (isConflict(error)) return false;
      throw error;
    },
  );
