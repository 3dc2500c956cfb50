import { BatchGetItemCommand, DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { ClusterSlots } from "../../ports.ts";
import { fromItem, isConflict, type Item, keys, type Table, toItem } from "./table.ts";

/** Free slots that one call tries to take: others try for them at the same moment. */
const TRIES = 6;
/** Keys that BatchGetItem takes at once. */
const BATCH = 100;

interface Held {
  owner: string;
  until: string;
}

/**
 * Slots as items that their owner holds until it is done or its time is past. Each has a partition key of its own, and a call
 * reads before it writes: a pool that is full costs reads, which no key is short of, and no writes.
 */
export function createClusterSlots(table: Table, random: () => number = Math.random): ClusterSlots {
  /** The slots that are held, and those that were not told of (the table throttles): neither is free. */
  const readHeld = async (pool: string, size: number): Promise<Map<number, Held | "unknown">> => {
    const slots = Array.from({ length: size }, (_, slot) => ({ slot, key: toItem(keys.slot(pool, slot)) }));
    const slotOf = new Map(slots.map(({ slot, key }) => [key["pk"]?.S, slot]));
    const held = new Map<number, Held | "unknown">();
    const set = (item: Item, is: Held | "unknown"): void => {
      const slot = slotOf.get(item["pk"]?.S);
      if (slot !== undefined) held.set(slot, is);
    };
    for (let start = 0; start < size; start += BATCH) {
      const Keys = slots.slice(start, start + BATCH).map(({ key }) => key);
      const answer = await table.client.send(new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys, ConsistentRead: true } } }));
      for (const item of answer.Responses?.[table.name] ?? []) set(item, fromItem(item) as unknown as Held);
      for (const key of answer.UnprocessedKeys?.[table.name]?.Keys ?? []) set(key, "unknown");
    }
    return held;
  };
  const take = async (pool: string, slot: number, owner: string, until: string, now: string): Promise<boolean> => {
    try {
      await table.client.send(
        new UpdateItemCommand({
          TableName: table.name,
          Key: toItem(keys.slot(pool, slot)),
          UpdateExpression: "SET #owner = :owner, #until = :until",
          // The owner's own: its last call took effect, and the answer was lost.
          ConditionExpression: "attribute_not_exists(#until) OR #until < :now OR #owner = :owner",
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
      const held = await readHeld(name, size);
      const all = Array.from({ length: size }, (_, slot) => slot);
      const states = all.map((slot) => ({ slot, is: held.get(slot), order: random() }));
      const own = states.filter(({ is }) => typeof is === "object" && is.owner === owner);
      const free = states.filter(({ is }) => is === undefined || (typeof is === "object" && is.until < now));
      for (const { slot } of [...own, ...free.sort((a, b) => a.order - b.order)].slice(0, TRIES))
        if (await take(name, slot, owner, until, now)) return slot;
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
