import { GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb, kubectl, tableName } from "./stack.ts";

/** A tenant's record as it lies in the table; `undefined` where there is none. */
export async function recordOf(tenantId: string): Promise<Record<string, unknown> | undefined> {
  const Key = { pk: { S: `TENANT#${tenantId}` }, sk: { S: "TENANT" } };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: tableName(), Key, ConsistentRead: true }));
  return Item === undefined ? undefined : unmarshall(Item);
}

/** Keys of all items that mention a word anywhere: records, events, dedupe items, clusters. */
export async function itemsMentioning(word: string): Promise<string[]> {
  const found: string[] = [];
  let start: Record<string, never> | undefined;
  do {
    const page = await dynamodb.send(new ScanCommand({ TableName: tableName(), ConsistentRead: true, ExclusiveStartKey: start }));
    for (const item of page.Items ?? []) if (JSON.stringify(item).includes(word)) found.push(`${item["pk"]?.S} ${item["sk"]?.S}`);
    start = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (start !== undefined);
  return found;
}

export async function namespaces(): Promise<string[]> {
  return (await kubectl("get", "namespaces", "-o", "name")).trim().split("\n");
}
