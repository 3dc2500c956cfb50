import { DeleteItemCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { DirectoryGroup } from "../../domain/identity.ts";
import { type Directory, WriteConflict } from "../../ports.ts";
import { dueShardOf, keysOfIndex, queryPage, recordOf, versionIs, written } from "./directory-query.ts";
import { keys, type Table, toItem } from "./table.ts";

type Groups = Pick<Directory, "getGroup" | "writeGroup" | "deleteGroup" | "pageGroups" | "touchGroup" | "noteProgress" | "findGroups">;

function itemOf(group: DirectoryGroup): Record<string, unknown> {
  const key = keys.group(group.provider, group.id);
  return { ...key, ...group, userKey: keys.groupName(group.provider, group.displayName), dueShard: dueShardOf(key, group.dueAt) };
}

const conditional = async (write: Promise<unknown>): Promise<void> => {
  if (!(await written(write))) throw new WriteConflict("The group moved.");
};

export function directoryGroups(table: Table): Groups {
  const { client, name: TableName } = table;
  return {
    async getGroup(provider, id) {
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: toItem(keys.group(provider, id)), ConsistentRead: true }));
      return Item === undefined ? undefined : recordOf<DirectoryGroup>(Item);
    },

    async writeGroup(before, after) {
      const standing =
        before === undefined ? { ConditionExpression: "attribute_not_exists(pk)" } : versionIs("#version = :version", before);
      await conditional(client.send(new PutItemCommand({ TableName, Item: toItem(itemOf(after)), ...standing })));
    },

    async deleteGroup(group) {
      await conditional(
        client.send(
          new DeleteItemCommand({
            TableName,
            Key: toItem(keys.group(group.provider, group.id)),
            ...versionIs("attribute_not_exists(pk) OR #version = :version", group),
          }),
        ),
      );
    },

    async pageGroups(provider, page) {
      const { items, ...rest } = await queryPage(table, keys.group(provider, ""), page);
      return { groups: items.map((item) => recordOf<DirectoryGroup>(item)), ...rest };
    },

    async touchGroup(provider, id, dueAt) {
      const key = keys.group(provider, id);
      return written(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: toItem(key),
            UpdateExpression: "SET dueAt = :due, dueShard = :shard REMOVE tries ADD #version :one",
            ExpressionAttributeNames: { "#version": "version" },
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeValues: toItem({ ":due": dueAt, ":shard": dueShardOf(key, dueAt), ":one": 1 }),
          }),
        ),
      );
    },

    async noteProgress({ provider, id, version }, progress) {
      await written(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: toItem(keys.group(provider, id)),
            UpdateExpression: "SET progress = :progress",
            ExpressionAttributeNames: { "#version": "version" },
            ConditionExpression: "#version = :version",
            ExpressionAttributeValues: toItem({ ":progress": progress, ":version": version }),
          }),
        ),
      );
    },

    async findGroups(provider, displayName) {
      const found = await keysOfIndex(table, keys.groupName(provider, displayName));
      return found.map(({ sk }) => sk.slice("GROUP#".length));
    },
  };
}
