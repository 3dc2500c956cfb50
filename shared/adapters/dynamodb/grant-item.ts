import { GetItemCommand, QueryCommand, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Grant } from "../../domain/access.ts";
import { grantId } from "../../domain/access.ts";
import type { GrantWrite, TenantStore } from "../../ports.ts";
import { fromItem, keys, shardOf, type Table, toItem } from "./table.ts";

/** A grant as its item: with what the indexes of due items and of a person's grants read. */
export function grantItem(grant: Grant): Record<string, unknown> {
  const key = keys.grant(grant.tenantId, grantId(grant));
  return {
    ...key,
    ...grant,
    userKey: keys.userOfGrants(grant.userId),
    dueShard: grant.dueAt === undefined ? undefined : keys.dueShard("access", shardOf(key.pk + key.sk)),
  };
}

/** `dueSince`, `tries` and `setAside` belong to a due time: whoever writes the item anew gives it a new one. */
const projections = ["pk", "sk", "userKey", "dueShard", "dueSince", "tries", "setAside"];

export function grantOf(item: Record<string, unknown>): Grant {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !projections.includes(name))) as unknown as Grant;
}

/** The write of one grant, on the condition that it is still as it was read. */
export function grantWrite(TableName: string, { before, after }: GrantWrite): TransactWriteItem | undefined {
  const standing =
    before === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : {
          ConditionExpression: "#version = :version",
          ExpressionAttributeNames: { "#version": "version" },
          ExpressionAttributeValues: toItem({ ":version": before.version }),
        };
  if (after !== undefined) return { Put: { TableName, Item: toItem(grantItem(after)), ...standing } };
  if (before === undefined) return undefined;
  return { Delete: { TableName, Key: toItem(keys.grant(before.tenantId, grantId(before))), ...standing } };
}

/** Reads of a tenant's grants. */
export function grantReads({ client, name: TableName }: Table): Pick<TenantStore, "getGrants" | "pageGrants"> {
  return {
    async getGrants(tenantId, ids) {
      const items = await Promise.all(
        ids.map(async (id) => {
          const Key = toItem(keys.grant(tenantId, id));
          return (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
        }),
      );
      return new Map(
        items
          .flatMap((item) => (item === undefined ? [] : [grantOf(fromItem(item))]))
          .map((grant): [string, Grant] => [grantId(grant), grant]),
      );
    },

    async pageGrants(tenantId, { limit, after }) {
      const answer = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :grants)",
          ExpressionAttributeValues: toItem({ ":pk": keys.tenant(tenantId).pk, ":grants": keys.grant(tenantId, "").sk }),
          ExclusiveStartKey: after === undefined ? undefined : toItem(keys.grant(tenantId, after)),
          Limit: limit,
          ConsistentRead: true,
        }),
      );
      const grants = (answer.Items ?? []).map((item) => grantOf(fromItem(item)));
      const last = grants.at(-1);
      return { grants, ...(answer.LastEvaluatedKey !== undefined && last !== undefined && { next: grantId(last) }) };
    },
  };
}
