import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { DirectoryUser } from "../../domain/identity.ts";
import { type Directory, UserNameTaken, WriteConflict } from "../../ports.ts";
import { dueShardOf, keysOfIndex, queryPage, recordOf, versionIs } from "./directory-query.ts";
import { fromItem, isConflict, keys, type Table, toItem } from "./table.ts";

type Users = Pick<Directory, "getUser" | "findUser" | "writeUser" | "deleteUser" | "pageUsers" | "findUsersByExternalId">;

function itemOf(user: DirectoryUser): Record<string, unknown> {
  const key = keys.user(user.provider, user.id);
  const userKey = user.externalId === undefined ? undefined : keys.externalId(user.provider, user.externalId);
  return { ...key, ...user, userKey, dueShard: dueShardOf(key, user.dueAt) };
}

/** The key that a user's name takes; none for who has no name. */
const nameKey = (user: DirectoryUser | undefined) =>
  user === undefined || user.deleted === true ? undefined : keys.userName(user.provider, user.userName);

const standing = (before: DirectoryUser | undefined) =>
  before === undefined ? { ConditionExpression: "attribute_not_exists(pk)" } : versionIs("#version = :version", before);

/** The writes that take the name of `after` and give back the one of `before`, where it is another. */
function nameWrites(TableName: string, before: DirectoryUser | undefined, after: DirectoryUser | undefined): TransactWriteItem[] {
  const [old, next] = [nameKey(before), nameKey(after)];
  if (old?.pk === next?.pk) return [];
  const own = (id: string) => ({
    ConditionExpression: "attribute_not_exists(pk) OR userId = :id",
    ExpressionAttributeValues: toItem({ ":id": id }),
  });
  return [
    ...(next !== undefined && after !== undefined
      ? [{ Put: { TableName, Item: toItem({ ...next, userId: after.id }), ...own(after.id) } }]
      : []),
    ...(old !== undefined && before !== undefined ? [{ Delete: { TableName, Key: toItem(old), ...own(before.id) } }] : []),
  ];
}

/** A write that its conditions refused: the user's own moved, or another has the name. */
function refused(error: unknown, userName?: string): never {
  if (!isConflict(error)) throw error;
  const codes = (error as { CancellationReasons?: { Code?: string }[] }).CancellationReasons?.map(({ Code }) => Code) ?? [];
  if (userName !== undefined && codes[0] === "None" && codes[1] === "ConditionalCheckFailed")
    throw new UserNameTaken(`Another user has the name ${userName}.`, { cause: error });
  throw new WriteConflict("The user moved.", { cause: error });
}

/** Users, each with an item that holds its name where it has one: both are written in one transaction. */
export function directoryUsers(table: Table): Users {
  const { client, name: TableName } = table;
  const getUser: Users["getUser"] = async (provider, id) => {
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: toItem(keys.user(provider, id)), ConsistentRead: true }));
    return Item === undefined ? undefined : recordOf<DirectoryUser>(Item);
  };
  return {
    getUser,

    async findUser(provider, userName) {
      const Key = toItem(keys.userName(provider, userName));
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined ? undefined : await getUser(provider, String(fromItem(Item)["userId"]));
    },

    async writeUser(before, after) {
      const own = { TableName, Item: toItem(itemOf(after)), ...standing(before) };
      const names = nameWrites(TableName, before, after);
      if (names.length === 0) {
        await client.send(new PutItemCommand(own)).catch(refused);
        return;
      }
      const takes = names[0]?.Put === undefined ? undefined : after.userName;
      await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: own }, ...names] })).catch((error) => refused(error, takes));
    },

    async deleteUser(user) {
      const own = {
        TableName,
        Key: toItem(keys.user(user.provider, user.id)),
        ...versionIs("attribute_not_exists(pk) OR #version = :version", user),
      };
      const names = nameWrites(TableName, user, undefined);
      if (names.length === 0) await client.send(new DeleteItemCommand(own)).catch(refused);
      else await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Delete: own }, ...names] })).catch(refused);
    },

    async findUsersByExternalId(provider, externalId) {
      const found = await keysOfIndex(table, keys.externalId(provider, externalId));
      return found.map(({ sk }) => sk.slice("USER#".length));
    },

    async pageUsers(provider, page) {
      const { items, ...rest } = await queryPage(table, keys.user(provider, ""), page);
      return { users: items.map((item) => recordOf<DirectoryUser>(item)), ...rest };
    },
  };
}
