import { GetItemCommand, QueryCommand, type TransactWriteItem, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import type { Cluster } from "../../domain/cluster.ts";
import { type ClusterRegistry, type Dedupe, WriteConflict } from "../../ports.ts";
import { fromItem, isConflict, keys, type Table, toItem } from "./table.ts";

const clusterOf = (item: Record<string, unknown>): Cluster => {
  const { pk: _pk, sk: _sk, ...cluster } = item;
  return cluster as unknown as Cluster;
};

/** The condition under which `before` is still what is registered; a cluster registered anew counts its versions from 1 again. */
const guardOf = (before: Cluster | undefined) =>
  before === undefined
    ? { ConditionExpression: "attribute_not_exists(pk)" }
    : {
        ConditionExpression: "#version = :version AND createdAt = :createdAt",
        ExpressionAttributeNames: { "#version": "version" },
        ExpressionAttributeValues: toItem({ ":version": before.version, ":createdAt": before.createdAt }),
      };

/** The registry: one item a cluster, tens of them, in one partition. */
export function createClusterRegistry(table: Table): ClusterRegistry {
  const TableName = table.name;
  /** A transaction also where it has one part: the SDK repeats it under one client token, so its own retry is no conflict. */
  const transact = async (change: TransactWriteItem, dedupe: Pick<Dedupe, "key" | "hash" | "ttl"> | undefined): Promise<void> => {
    const parts = [change];
    if (dedupe !== undefined) {
      const Item = toItem({ ...keys.dedupe(dedupe.key), ...dedupe });
      parts.push({ Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } });
    }
    await table.client.send(new TransactWriteItemsCommand({ TransactItems: parts })).catch((error: unknown) => {
      if (isConflict(error)) throw new WriteConflict("The key came before, or the cluster was changed.", { cause: error });
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
    async write(before, after, dedupe) {
      const cluster: Cluster = { ...after, version: (before?.version ?? 0) + 1 };
      await transact({ Put: { TableName, Item: toItem({ ...keys.cluster(cluster.name), ...cluster }), ...guardOf(before) } }, dedupe);
      return cluster;
    },
    async remove(cluster, dedupe) {
      await transact({ Delete: { TableName, Key: toItem(keys.cluster(cluster.name)), ...guardOf(cluster) } }, dedupe);
    },
  };
}
