import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { parseGrantId } from "../../domain/access.ts";
import type { GrantIndex } from "../../ports.ts";
import { fromItem, keys, type Table, toItem } from "./table.ts";

/** A person's grants, by the index `user`. */
export function createGrantIndex({ client, name }: Table): GrantIndex {
  return {
    async ofUser(userId, after) {
      const answer = await client.send(
        new QueryCommand({
          TableName: name,
          IndexName: "user",
          KeyConditionExpression: "userKey = :user",
          ExpressionAttributeValues: toItem({ ":user": keys.userOfGrants(userId) }),
          ExclusiveStartKey: after === undefined ? undefined : toItem(JSON.parse(after) as object),
        }),
      );
      const found = (answer.Items ?? []).map((item) => fromItem(item) as { pk: string; sk: string });
      return {
        keys: found.map(({ pk, sk }) => ({ tenantId: pk.slice("TENANT#".length), ...parseGrantId(sk.slice("GRANT#".length)) })),
        ...(answer.LastEvaluatedKey !== undefined && { next: JSON.stringify(fromItem(answer.LastEvaluatedKey)) }),
      };
    },
  };
}
