import { GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { Cluster } from "../../domain/cluster.ts";
import type { ClusterRegistry } from "../../ports.ts";
import { fromItem, keys, type Table, toItem } from "./table.ts";
import { asRead, writeOnce } from "./write-once.ts";

const clusterOf = (item: Record<string, unknown>): Cluster => {
  const { pk: _pk, sk: _sk, ...cluster } = item;
  return cluster as unknown as Cluster;
};

/** The registry: one item a cluster, tens of them, in one partition. */
export function createClusterRegistry(table: Table): ClusterRegistry {
  const TableName = table.name;
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
      await writeOnce(
        table,
        { Put: { TableName, Item: toItem({ ...keys.cluster(cluster.name), ...cluster }), ...asRead(before) } },
        dedupe,
      );
      return cluster;
    },
    async remove(cluster, dedupe) {
      await writeOnce(table, { Delete: { TableName, Key: toItem(keys.cluster(cluster.name)), ...asRead(cluster) } }, dedupe);
    },
  };
}
