import { BatchGetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { TenantryError } from "../../domain/errors.ts";
import type { Tenant } from "../../domain/tenant.ts";
import type { TenantDirectory, TenantQuery } from "../../ports.ts";
import { eventOf } from "./event-item.ts";
import { fromItem, type Item, keys, SHARDS, type Table, toItem } from "./table.ts";
import { tenantOf } from "./tenant-item.ts";

/** Index entries that one call reads from one shard at the most, where a filter finds little. */
const READ_BUDGET = 500;

/** One shard's ids after `after`, in order, and the last id up to which the shard was read (`undefined`: to its end). */
async function readShard(
  table: Table,
  shard: number,
  query: TenantQuery,
  after: string,
): Promise<{ ids: string[]; readTo: string | undefined }> {
  const filters = (["phase", "tier", "cluster"] as const).filter((name) => query[name] !== undefined);
  const conditions = filters.map((name) => `#${name} = :${name}`);
  if (query.phase === undefined) conditions.push("#phase <> :deleted");
  const ids: string[] = [];
  let read = 0;
  let start: Item | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: "list",
        KeyConditionExpression: "listShard = :shard AND tenantId > :after",
        FilterExpression: conditions.join(" AND "),
        ExpressionAttributeNames: Object.fromEntries(
          [...new Set([...filters, "phase"])].filter((name) => conditions.join().includes(`#${name}`)).map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: toItem({
          ":shard": keys.listShard(shard),
          ":after": after,
          ...Object.fromEntries(filters.map((name) => [`:${name}`, query[name]])),
          ...(query.phase === undefined && { ":deleted": "Deleted" }),
        }),
        Limit: Math.max(query.limit, 25),
        ExclusiveStartKey: start,
      }),
    );
    read += page.ScannedCount ?? 0;
    ids.push(...(page.Items ?? []).map((item) => fromItem(item)["tenantId"] as string));
    start = page.LastEvaluatedKey as Item | undefined;
  } while (start !== undefined && ids.length < query.limit && read < READ_BUDGET);
  return { ids, readTo: start === undefined ? undefined : (fromItem(start)["tenantId"] as string) };
}

/** Records of at most 100 ids, in their order. */
export async function tenantsOf(table: Table, ids: string[], ConsistentRead = true): Promise<Tenant[]> {
  const found = new Map<string, Tenant>();
  let wanted: Record<string, string>[] = ids.map(keys.tenant);
  for (let round = 0; wanted.length > 0 && round < 5; round++) {
    const answer = await table.client.send(
      new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys: wanted.slice(0, 100).map(toItem), ConsistentRead } } }),
    );
    for (const item of answer.Responses?.[table.name] ?? []) {
      const tenant = tenantOf(fromItem(item));
      found.set(tenant.tenantId, tenant);
    }
    wanted = (answer.UnprocessedKeys?.[table.name]?.Keys ?? []).map((key) => fromItem(key) as Record<string, string>);
  }
  if (wanted.length > 0) throw new TenantryError("WriteContention", "The table is throttling reads.");
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** Lists by tenant id over all shards, merged; and a tenant's audit trail. */
export function createTenantDirectory(table: Table): TenantDirectory {
  return {
    async list(query) {
      const after = query.cursor ?? " ";
      const shards = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => readShard(table, shard, query, after)));
      // Past the shard that was read the least far, an id could be missing between two others.
      const bound = shards.flatMap(({ readTo }) => readTo ?? []).sort()[0];
      const ids = shards
        .flatMap((shard) => shard.ids)
        .sort()
        .filter((id) => bound === undefined || id <= bound);
      const page = ids.slice(0, query.limit);
      const next = ids.length > query.limit ? page.at(-1) : bound;
      return { items: await tenantsOf(table, page), ...(next !== undefined && { nextCursor: next }) };
    },

    async events(tenantId, { limit, cursor }) {
      const last = cursor === undefined ? "EVENT#~" : keys.event(tenantId, Number(cursor) - 1).sk;
      const answer = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: "pk = :pk AND sk BETWEEN :first AND :last",
          ExpressionAttributeValues: toItem({ ":pk": keys.tenant(tenantId).pk, ":first": "EVENT#", ":last": last }),
          ScanIndexForward: false,
          Limit: limit,
        }),
      );
      const items = (answer.Items ?? []).map((item) => eventOf(fromItem(item)));
      const oldest = items.at(-1)?.sequence;
      return { items, ...(answer.LastEvaluatedKey !== undefined && oldest !== undefined && { nextCursor: String(oldest) }) };
    },
  };
}
