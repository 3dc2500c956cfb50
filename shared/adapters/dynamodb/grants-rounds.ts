import { DeleteItemCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { GrantsRound } from "../../domain/grants-comparison.ts";
import type { GrantsRounds } from "../../ports.ts";
import { recordOf } from "./directory-query.ts";
import { keys, type Table, toItem } from "./table.ts";

/** How far each provider's comparison is: an item while a round is not at its end. */
export const createGrantsRounds = ({ client, name: TableName }: Table): GrantsRounds => ({
  async read(provider) {
    const get = new GetItemCommand({ TableName, Key: toItem(keys.grantsRound(provider)), ConsistentRead: true });
    const { Item } = await client.send(get);
    return Item === undefined ? undefined : recordOf<GrantsRound>(Item);
  },

  async write(provider, round) {
    const key = keys.grantsRound(provider);
    if (round === undefined) await client.send(new DeleteItemCommand({ TableName, Key: toItem(key) }));
    else await client.send(new PutItemCommand({ TableName, Item: toItem({ ...key, ...round }) }));
  },
});
