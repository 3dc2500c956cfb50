import { GetItemCommand, type TransactWriteItem, TransactWriteItemsCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Tenant } from "../../domain/tenant.ts";
import { type Dedupe, type TenantStore, type TenantWrite, WriteConflict } from "../../ports.ts";
import { fromItem, isConflict, keys, type Table, toItem, updateOf } from "./table.ts";
import { KEEP_DUE_SINCE } from "./due-index.ts";
import { eventItem } from "./event-item.ts";
import { grantReads, grantWrite } from "./grant-item.ts";
import { sleeperReads, sleeperWrite } from "./sleeper-item.ts";
import { difference, tenantItem, tenantOf } from "./tenant-item.ts";

const conflict = (error: unknown): never => {
  if (isConflict(error)) throw new WriteConflict("The record moved.", { cause: error });
  throw error;
};

const found = async (write: Promise<unknown>): Promise<boolean> =>
  write.then(
    () => true,
    (error: unknown) => {
      if (isConflict(error)) return false;
      throw error;
    },
  );

/** The condition under which `before` is still what stands. */
function guardOf({ before, lease }: TenantWrite): { expression: string; names: Record<string, string>; values: Record<string, unknown> } {
  if (before === undefined) return { expression: "attribute_not_exists(pk)", names: {}, values: {} };
  const names: Record<string, string> = { "#generation": "generation", "#sequence": "sequence", "#desiredAt": "desiredAt" };
  const values: Record<string, unknown> = {
    ":generation": before.generation,
    ":sequence": before.sequence,
    ":desiredAt": before.desiredAt,
  };
  const parts = ["#generation = :generation", "#sequence = :sequence", "#desiredAt = :desiredAt"];
  if (lease !== "ignore") {
    names["#lease"] = "lease";
    if (before.lease === undefined) parts.push("attribute_not_exists(#lease)");
    else {
      names["#owner"] = "owner";
      values[":owner"] = before.lease.owner;
      parts.push("#lease.#owner = :owner");
    }
  }
  return { expression: parts.join(" AND "), names, values };
}

/** The write of the tenant's own item; none where nothing of it changes, and the lease does not matter. */
function tenantWrite({ name: TableName }: Table, write: TenantWrite): TransactWriteItem | undefined {
  const { before, after } = write;
  const { expression: ConditionExpression, names, values } = guardOf(write);
  if (before === undefined) return { Put: { TableName, ConditionExpression, Item: toItem(tenantItem(after)) } };
  const changes = changesOf(write, before);
  const unchanged = Object.keys(changes).length === 0;
  if (unchanged && write.lease === "ignore") return undefined;
  // The guard holds also where nothing of the record changes: what else is written stands under it.
  const update = updateOf(unchanged ? { generation: before.generation } : changes);
  return {
    Update: {
      TableName,
      Key: toItem(keys.tenant(after.tenantId)),
      UpdateExpression: update.expression,
      ConditionExpression,
      ExpressionAttributeNames: { ...names, ...update.names },
      ExpressionAttributeValues: toItem({ ...values, ...update.values }),
    },
  };
}

function changesOf({ after, lease }: TenantWrite, before: Tenant): Record<string, unknown> {
  const item = tenantItem(after);
  const changes = difference(tenantItem(before), item);
  if (lease === "ignore") delete changes["lease"];
  // The end of a round decides the due time anew. A claim of the time before, beside it, is void with what it noted.
  if (lease === "hold" && "dueAt" in changes) changes["dueSince"] = item["dueSince"];
  if (after.generation === before.generation) return changes;
  // A claim or a finish may have moved the due time since `before` was read, and neither moves what the guard looks at.
  return { ...changes, dueAt: item["dueAt"], dueShard: item["dueShard"], timers: item["timers"] };
}

/** Tenants in the table. The SDK repeats a transaction under one client token, so its own retry is no conflict. */
export function createTenantStore(table: Table): TenantStore {
  const TableName = table.name;
  const get = async (key: Record<string, string>): Promise<Record<string, unknown> | undefined> => {
    const { Item } = await table.client.send(new GetItemCommand({ TableName, Key: toItem(key), ConsistentRead: true }));
    return Item === undefined ? undefined : fromItem(Item);
  };
  return {
    async get(tenantId) {
      const item = await get(keys.tenant(tenantId));
      return item === undefined ? undefined : tenantOf(item);
    },

    async write(write) {
      const own = tenantWrite(table, write);
      const parts = own === undefined ? [] : [own];
      for (const event of write.events ?? []) {
        parts.push({ Put: { TableName, Item: toItem(eventItem(event)), ConditionExpression: "attribute_not_exists(pk)" } });
      }
      for (const grant of write.grants ?? []) {
        const part = grantWrite(TableName, grant);
        if (part !== undefined) parts.push(part);
      }
      for (const sleeper of write.sleepers ?? []) {
        const part = sleeperWrite(TableName, write.after.tenantId, sleeper);
        if (part !== undefined) parts.push(part);
      }
      if (write.dedupe !== undefined) {
        const Item = toItem({ ...keys.dedupe(write.dedupe.key), ...write.dedupe });
        parts.push({ Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } });
      }
      const [only] = parts;
      if (parts.length === 1 && only?.Update !== undefined) {
        await table.client.send(new UpdateItemCommand(only.Update)).catch(conflict);
      } else if (parts.length > 0) {
        await table.client.send(new TransactWriteItemsCommand({ TransactItems: parts })).catch(conflict);
      }
    },

    async begin(tenantId, { dueAt, owner, leaseUntil, nextDueAt, now }) {
      const update = new UpdateItemCommand({
        TableName,
        Key: toItem(keys.tenant(tenantId)),
        UpdateExpression: `SET #lease = :lease, ${KEEP_DUE_SINCE}, dueAt = :next`,
        ConditionExpression: "dueAt = :due AND (attribute_not_exists(#lease) OR #lease.#until < :now)",
        ExpressionAttributeNames: { "#lease": "lease", "#until": "until" },
        ExpressionAttributeValues: toItem({ ":lease": { owner, until: leaseUntil }, ":next": nextDueAt, ":due": dueAt, ":now": now }),
        ReturnValues: "ALL_NEW",
      });
      try {
        const { Attributes } = await table.client.send(update);
        return Attributes === undefined ? undefined : tenantOf(fromItem(Attributes));
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async release(tenantId, owner, dueAt) {
      return found(
        table.client.send(
          new UpdateItemCommand({
            TableName,
            Key: toItem(keys.tenant(tenantId)),
            UpdateExpression: "SET dueAt = :due REMOVE #lease",
            ConditionExpression: "#lease.#owner = :owner",
            ExpressionAttributeNames: { "#lease": "lease", "#owner": "owner" },
            ExpressionAttributeValues: toItem({ ":due": dueAt, ":owner": owner }),
          }),
        ),
      );
    },

    async findDedupe(key) {
      const item = await get(keys.dedupe(key));
      return item as unknown as Dedupe | undefined;
    },

    ...grantReads(table),
    ...sleeperReads(table),
  };
}
