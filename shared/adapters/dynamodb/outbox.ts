import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Outbox } from "../../ports.ts";
import { eventOf } from "./event-item.ts";
import { fromItem, isConflict, keys, type Table, toItem } from "./table.ts";

export function createOutbox(table: Table): Outbox {
  return {
    async get({ pk, sk }) {
      const { Item } = await table.client.send(
        new GetItemCommand({ TableName: table.name, Key: toItem({ pk, sk }), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : eventOf(fromItem(Item));
    },
    async remove({ tenantId, sequence }) {
      const write = new UpdateItemCommand({
        TableName: table.name,
        Key: toItem(keys.event(tenantId, sequence)),
        UpdateExpression: "REMOVE dueAt, dueSince, dueShard",
        ConditionExpression: "attribute_exists(pk)",
      });
      // Gone from the audit trail meanwhile: nothing is left to mark.
      await table.client.send(write).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    },
  };
}
