import { QueryCommand, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { SleepingWorkload } from "../../domain/tenant.ts";
import type { SleeperWrite, TenantStore } from "../../ports.ts";
import { fromItem, type Item, keys, type Table, toItem } from "./table.ts";

/** The write of one sleeping workload. No condition of its own: the tenant's guard stands in the same transaction. */
export function sleeperWrite(TableName: string, tenantId: string, { before, after }: SleeperWrite): TransactWriteItem | undefined {
  if (after !== undefined) return { Put: { TableName, Item: toItem({ ...keys.sleeper(tenantId, after.kind, after.name), ...after }) } };
  return before && { Delete: { TableName, Key: toItem(keys.sleeper(tenantId, before.kind, before.name)) } };
}

const sleeperOf = (item: Item): SleepingWorkload => {
  const { pk: _pk, sk: _sk, ...sleeper } = fromItem(item);
  return sleeper as unknown as SleepingWorkload;
};

/** Reads of what is kept as sleeping. */
export function sleeperReads({ client, name: TableName }: Table): Pick<TenantStore, "getSleepers" | "pageSleepers"> {
  return {
    async getSleepers(tenantId, kind, { from, to }) {
      const found = new Map<string, SleepingWorkload>();
      let start: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
            ExpressionAttributeValues: toItem({
              ":pk": keys.tenant(tenantId).pk,
              ":from": keys.sleeper(tenantId, kind, from).sk,
              ":to": keys.sleeper(tenantId, kind, to).sk,
            }),
            ExclusiveStartKey: start,
            ConsistentRead: true,
          }),
        );
        for (const sleeper of (page.Items ?? []).map(sleeperOf)) found.set(sleeper.name, sleeper);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return found;
    },

    async pageSleepers(tenantId, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :sleepers)",
          ExpressionAttributeValues: toItem({ ":pk": keys.tenant(tenantId).pk, ":sleepers": "SLEEPER#" }),
          Limit: limit,
          ConsistentRead: true,
        }),
      );
      return Items.map(sleeperOf);
    },
  };
}
