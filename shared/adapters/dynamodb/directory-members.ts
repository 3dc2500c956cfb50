import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Membership } from "../../domain/identity.ts";
import type { Directory } from "../../ports.ts";
import { keysOfIndex, queryPage, recordOf, written } from "./directory-query.ts";
import { keys, type Table, toItem, updateOf } from "./table.ts";

type Members = Pick<Directory, "getMembership" | "putMembership" | "markMembership" | "deleteMembership" | "pageMembers" | "groupsOf">;

/** Memberships, an item each: a change of one never meets another's. */
export function directoryMembers(table: Table): Members {
  const { client, name: TableName } = table;
  const keyOf = ({ provider, groupId, userId }: Pick<Membership, "provider" | "groupId" | "userId">) =>
    toItem(keys.member(provider, groupId, userId));

  const update = (
    membership: Pick<Membership, "provider" | "groupId" | "userId">,
    changes: Record<string, unknown>,
    condition: { expression: string; names?: Record<string, string>; values: Record<string, unknown> },
  ): Promise<boolean> => {
    const { expression, names, values } = updateOf(changes);
    return written(
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: keyOf(membership),
          UpdateExpression: expression,
          ConditionExpression: condition.expression,
          ExpressionAttributeNames: { ...names, "#at": "at", ...condition.names },
          ExpressionAttributeValues: toItem({ ...values, ...condition.values }),
        }),
      ),
    );
  };

  return {
    async getMembership(provider, groupId, userId) {
      const Key = keyOf({ provider, groupId, userId });
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined ? undefined : recordOf<Membership>(Item);
    },

    // An update, so that what is known of its grants stays; but not that they follow, which its time would not tell.
    putMembership: ({ provider, groupId, userId, member, at, cause, ttl }) =>
      update(
        { provider, groupId, userId },
        { provider, groupId, userId, member, at, cause, ttl, synced: undefined, userKey: keys.userOfMemberships(provider, userId) },
        member
          ? { expression: "attribute_not_exists(#at) OR #at < :at", values: { ":at": at } }
          : {
              expression: "attribute_not_exists(#at) OR #at < :at OR (#at = :at AND #member = :in)",
              names: { "#member": "member" },
              values: { ":at": at, ":in": true },
            },
      ),

    markMembership: (seen, { synced, mappedAt, userAt, notBefore, grantedAs }) =>
      update(
        seen,
        { synced, mappedAt, userAt, notBefore, grantedAs },
        {
          expression: `#at = :at AND #member = :member AND ${seen.synced === undefined ? "attribute_not_exists(synced)" : "synced = :synced"}`,
          names: { "#member": "member" },
          values: { ":at": seen.at, ":member": seen.member, ":synced": seen.synced },
        },
      ),

    async deleteMembership(membership) {
      await written(
        client.send(
          new DeleteItemCommand({
            TableName,
            Key: keyOf(membership),
            ConditionExpression: "#at = :at",
            ExpressionAttributeNames: { "#at": "at" },
            ExpressionAttributeValues: toItem({ ":at": membership.at }),
          }),
        ),
      );
    },

    async pageMembers(provider, groupId, { limit, after, unsynced = false }) {
      const prefix = keys.member(provider, groupId, "");
      // A filter works on what was read: without a limit on that, one call looks at a megabyte of members.
      const { items, next } = await queryPage(
        table,
        prefix,
        { after, limit: unsynced ? undefined : limit },
        {
          ConsistentRead: true,
          ...(unsynced && {
            FilterExpression: "attribute_not_exists(synced) OR synced <> #at",
            ExpressionAttributeNames: { "#at": "at" },
          }),
        },
      );
      const memberships = items.slice(0, limit).map((item) => recordOf<Membership>(item));
      const rest = items.length > limit ? memberships.at(-1)?.userId : next;
      return { memberships, ...(rest !== undefined && { next: rest }) };
    },

    async groupsOf(provider, userId) {
      const found = await keysOfIndex(table, keys.userOfMemberships(provider, userId));
      return found.map(({ pk }) => pk.slice(keys.member(provider, "", "").pk.length));
    },
  };
}
