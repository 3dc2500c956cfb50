import { DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { ClusterSlots } from "../../ports.ts";
import { isConflict, keys, type Table, toItem } from "./table.ts";

/** Slots looked at before a cluster counts as full: with half of them free, one look in eight misses all three. */
const LOOKS = 3;

/** A cluster's concurrency slots: items that a reconcile holds until it ends or its lease is past. */
export function createClusterSlots(table: Table, slots: number, random: () => number = Math.random): ClusterSlots {
  const take = async (cluster: string, slot: number, owner: string, until: string, now: string): Promise<boolean> => {
    try {
      await table.client.send(
        new UpdateItemCommand({
          TableName: table.name,
          Key: toItem(keys.slot(cluster, slot)),
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
    async acquire(cluster, owner, until, now) {
      const first = Math.floor(random() * slots);
      for (let look = 0; look < Math.min(LOOKS, slots); look++) {
        const slot = (first + look * (Math.floor(slots / LOOKS) || 1)) % slots;
        if (await take(cluster, slot, owner, until, now)) return slot;
      }
      return undefined;
    },
    async release(cluster, slot, owner) {
      const write = new DeleteItemCommand({
        TableName: table.name,
        Key: toItem(keys.slot(cluster, slot)),
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
