import { QueryCommand } from "@aws-sdk/client-dynamodb";
import type { ClusterTenants } from "../../ports.ts";
import { fromItem, keys, type Table, toItem } from "./table.ts";
import { tenantsOf } from "./tenant-directory.ts";

/** The tenants of a cluster, by the index of that name, which holds keys only: it is written when a tenant is placed, and never after. */
export function createClusterTenants(table: Table): ClusterTenants {
  return {
    async ids(cluster, next) {
      const answer = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: "cluster",
          KeyConditionExpression: "#cluster = :cluster",
          ExpressionAttributeNames: { "#cluster": "cluster" },
          ExpressionAttributeValues: toItem({ ":cluster": cluster }),
          ExclusiveStartKey: next === undefined ? undefined : toItem({ ...keys.tenant(next), cluster, tenantId: next }),
        }),
      );
      const ids = (answer.Items ?? []).map((item) => fromItem(item)["tenantId"] as string);
      return { ids, ...(answer.LastEvaluatedKey !== undefined && { next: fromItem(answer.LastEvaluatedKey)["tenantId"] as string }) };
    },

    async getMany(tenantIds) {
      const tenants = await tenantsOf(table, tenantIds, false);
      return new Map(tenants.map((tenant) => [tenant.tenantId, tenant]));
    },
  };
}
