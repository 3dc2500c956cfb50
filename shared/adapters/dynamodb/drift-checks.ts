import { DeleteItemCommand, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { DriftCheck } from "../../domain/drift-check.ts";
import type { DriftChecks } from "../../ports.ts";
import { fromItem, type Item, keys, type Table, toItem } from "./table.ts";
import { asRead, writeOnce } from "./write-once.ts";

const checkOf = (item: Item): DriftCheck => {
  const { pk: _pk, sk: _sk, ...check } = fromItem(item);
  return check as unknown as DriftCheck;
};

/** The drift checks: one item a cluster, all in one partition. */
export function createDriftChecks(table: Table): DriftChecks {
  const TableName = table.name;
  return {
    async get(cluster) {
      const Key = toItem(keys.driftCheck(cluster));
      const { Item } = await table.client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined ? undefined : checkOf(Item);
    },
    async list() {
      const checks: DriftCheck[] = [];
      let ExclusiveStartKey: Item | undefined;
      do {
        const page = await table.client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: toItem({ ":pk": keys.driftCheck("").pk }),
            ConsistentRead: true,
            ExclusiveStartKey,
          }),
        );
        checks.push(...(page.Items ?? []).map(checkOf));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return checks;
    },
    async write(before, after, dedupe) {
      const check: DriftCheck = { ...after, version: (before?.version ?? 0) + 1 };
      await writeOnce(
        table,
        { Put: { TableName, Item: toItem({ ...keys.driftCheck(check.cluster), ...check }), ...asRead(before) } },
        dedupe,
      );
      return check;
    },
    async remove(cluster) {
      await table.client.send(new DeleteItemCommand({ TableName, Key: toItem(keys.driftCheck(cluster)) }));
    },
  };
}
