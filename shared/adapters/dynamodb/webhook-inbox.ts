import { gunzipSync, gzipSync } from "node:zlib";
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { TenantryError } from "../../domain/errors.ts";
import type { WebhookInbox, WebhookMessage } from "../../ports.ts";
import { fromItem, isConflict, keys, shardOf, type Table, toItem } from "./table.ts";

/** What a body may take in an item (of 400 KiB), compressed, bytes. */
const MOST_BYTES = 380_000;

/** The webhooks' messages. A body is kept compressed, and only until the work is done; the id stays until its `ttl`. */
export function createWebhookInbox(table: Table): WebhookInbox {
  return {
    async add(message, dueAt, ttl) {
      const body = gzipSync(message.body);
      if (body.length > MOST_BYTES) throw new TenantryError("PayloadTooLarge", "The body is too large to be kept.");
      const key = keys.webhook(message.provider, message.id);
      const put = new PutItemCommand({
        TableName: table.name,
        Item: toItem({ ...key, ...message, body, ttl, dueAt, dueShard: keys.dueShard("access", shardOf(key.pk)) }),
        // What is past its time may stand a while longer.
        ConditionExpression: "attribute_not_exists(pk) OR #ttl < :now",
        ExpressionAttributeNames: { "#ttl": "ttl" },
        ExpressionAttributeValues: toItem({ ":now": Math.floor(Date.parse(message.receivedAt) / 1_000) }),
      });
      try {
        await table.client.send(put);
        return { ...key, dueAt };
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async get({ pk, sk }) {
      const { Item } = await table.client.send(
        new GetItemCommand({ TableName: table.name, Key: toItem({ pk, sk }), ConsistentRead: true }),
      );
      if (Item?.["body"] === undefined) return undefined;
      const { provider, id, body, receivedAt } = fromItem(Item) as Omit<WebhookMessage, "body"> & { body: Uint8Array };
      return { provider, id, body: gunzipSync(body).toString("utf8"), receivedAt };
    },

    async done({ provider, id }) {
      const write = new UpdateItemCommand({
        TableName: table.name,
        Key: toItem(keys.webhook(provider, id)),
        UpdateExpression: "REMOVE dueAt, dueSince, dueShard, tries, setAside, body",
        ConditionExpression: "attribute_exists(pk)",
      });
      await table.client.send(write).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    },
  };
}
