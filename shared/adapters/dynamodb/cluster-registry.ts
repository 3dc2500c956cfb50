import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { Cluster } from "../../domain/cluster.ts";
import { type ClusterRegistry, type Dedupe, WriteConflict } from "../../ports.ts";
import { fromItem, isConflict, keys, type Table, toItem } from "./table.ts";

const clusterOf = (item: Record<string, unknown>): Cluster => {
  const { pk: _pk, sk: _sk, ...cluster } = item;
  return cluster as unknown as Cluster;
};

/** The registry: one item a cluster, tens of them, in one partition. */
export function createClusterRegistry(table: Table): ClusterRegistry {
  const TableName = table.name;
  const writeOnce = async (change: TransactWriteItem, dedupe: Pick<Dedupe, "key" | "hash" | "ttl">): Promise<void> => {
    const Item = toItem({ ...keys.dedupe(dedupe.key), ...dedupe });
    const first = { Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } };
    await table.client.send(new TransactWriteItemsCommand({ TransactItems: [change, first] })).catch((error: unknown) => {
      if (isConflict(error)) throw new WriteConflict("The key came before, or the cluster is being changed.", { cause: error });
      throw error;
    });
  };
  return {
    async get(name) {
      const { Item } = await table.client.send(new GetItemCommand({ TableName, Key: toItem(keys.cluster(name)), ConsistentRead: true }));
      return Item === undefined ? undefined : clusterOf(fromItem(Item));
    },
    async list() {
      const clusters: Cluster[] = [];
      let start: Record<string, never> | undefined;
      do {
        const page = await table.client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues: toItem({ ":pk": "CLUSTERS", ":sk": "CLUSTER#" }),
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        clusters.push(...(page.Items ?? []).map((item) => clusterOf(fromItem(item))));
        start = page.LastEvaluatedKey as Record<string, never> | undefined;
      } while (start !== undefined);
      return clusters;
    },
    async put(cluster, dedupe) {
      const write = { TableName, Item: toItem({ ...keys.cluster(cluster.name), ...cluster }) };
      if (dedupe !== undefined) return writeOnce({ Put: write }, dedupe);
      await table.client.send(new PutItemCommand(write));
    },
    async delete(name, dedupe) {
      const write = { TableName, Key: toItem(keys.cluster(name)) };
      if (dedupe !== undefined) return writeOnce({ Delete: write }, dedupe);
      await table.client.send(new DeleteItemCommand(write));
    },
  };
}
