import { DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { ClusterSlots } from "../../ports.ts";
import { isConflict, keys, type Table, toItem } from "./table.ts";

/** Slots looked at before a cluster counts as full: with half of them free, one try in 64 misses all six. */
const LOOKS = 6;

/** Slots as items that their owner holds until it is done or its time is past. */
export function createClusterSlots(table: Table, random: () => number = Math.random): ClusterSlots {
  const take = async (pool: string, slot: number, owner: string, until: string, now: string): Promise<boolean> => {
    try {
      await table.client.send(
        new UpdateItemCommand({
          TableName: table.name,
          Key: toItem(keys.slot(pool, slot)),
          UpdateExpression: "SET #owner = :owner, #until = :until",
          ConditionExpression: "attribute_not_exists(#until) OR #until < :now",
          ExpressionAttributeNames: { "#owner": "owner", "#until": "until" },
          ExpressionAttributeValues: toItem({ ":owner": owner, ":until": until, ":now": now }),
        }),
      );
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  };
  return {
    async acquire({ name, size }, owner, until, now) {
      const first = Math.floor(random() * size);
      for (let look = 0; look < Math.min(LOOKS, size); look++) {
        const slot = (first + look * (Math.floor(size / LOOKS) || 1)) % size;
        if (await take(name, slot, owner, until, now)) return slot;
      }
      return undefined;
    },
    async release({ name }, slot, owner) {
      const write = new DeleteItemCommand({
        TableName: table.name,
        Key: toItem(keys.slot(name, slot)),
        ConditionExpression: "#owner = :owner",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: toItem({ ":owner": owner }),
      });
      await table.client.send(write).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    },
  };
}
