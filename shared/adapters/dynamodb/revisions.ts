import { PutItemCommand, QueryCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import type { Cluster } from "../../domain/cluster.ts";
import type { RevisionEntry, RevisionWave } from "../../domain/revision-wave.ts";
import { type RevisionIndex, type RevisionLog, WriteConflict } from "../../ports.ts";
import { fromItem, isConflict, type Item, keys, SHARDS, type Table, toItem } from "./table.ts";

/** The list index, for who is at which revision: a page is what DynamoDB reads at once (1 MB, some 4,000 tenants). */
export function createRevisionIndex(table: Table, pageSize?: number): RevisionIndex {
  return {
    shards: SHARDS,
    async page(shard, after = " ") {
      const answer = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: "list",
          KeyConditionExpression: "listShard = :shard AND tenantId > :after",
          ExpressionAttributeValues: toItem({ ":shard": keys.listShard(shard), ":after": after }),
          ...(pageSize !== undefined && { Limit: pageSize }),
        }),
      );
      const entries = (answer.Items ?? []).map((item) => fromItem(item) as unknown as RevisionEntry);
      return { entries, next: answer.LastEvaluatedKey === undefined ? undefined : entries.at(-1)?.tenantId };
    },
  };
}

/** The wave's item lies beside the clusters, so that one query reads both. */
export function createRevisionLog(table: Table): RevisionLog {
  const TableName = table.name;
  return {
    async read() {
      const items: Record<string, unknown>[] = [];
      let start: Item | undefined;
      do {
        const page = await table.client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: toItem({ ":pk": keys.wave().pk }),
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        items.push(...(page.Items ?? []).map(fromItem));
        start = page.LastEvaluatedKey as Item | undefined;
      } while (start !== undefined);
      const wave = items.find(({ sk }) => sk === keys.wave().sk);
      return {
        wave: wave === undefined ? undefined : (bare(wave) as unknown as RevisionWave),
        clusters: items.filter((item) => item !== wave).map((item) => bare(item) as unknown as Cluster),
      };
    },

    async write(wave, seen, dedupe) {
      const Put = {
        TableName,
        Item: toItem({ ...keys.wave(), ...wave }),
        ...(seen === undefined
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "#version = :seen",
              ExpressionAttributeNames: { "#version": "version" },
              ExpressionAttributeValues: toItem({ ":seen": seen }),
            }),
      };
      const once = dedupe && {
        Put: { TableName, Item: toItem({ ...keys.dedupe(dedupe.key), ...dedupe }), ConditionExpression: "attribute_not_exists(pk)" },
      };
      const written =
        once === undefined
          ? table.client.send(new PutItemCommand(Put))
          : table.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }, once] }));
      await written.catch((error: unknown) => {
        if (isConflict(error)) throw new WriteConflict("The wave moved, or the key came before.", { cause: error });
        throw error;
      });
    },
  };
}

const bare = ({ pk: _pk, sk: _sk, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;
