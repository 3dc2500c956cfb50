import { expect, test } from "@jest/globals";
import { BatchGetItemCommand, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { createClusterSlots } from "../../../shared/adapters/dynamodb/cluster-slots.ts";
import { keys, toItem } from "../../../shared/adapters/dynamodb/table.ts";

const NOW = "2030-01-01T00:00:00.000Z";
const LATER = "2030-01-01T00:01:00.000Z";
const pool = { name: "local", size: 4 };

/** A table whose slots of these numbers are held, and that does not answer for those of `throttled`. */
function tableWith({ held = [], throttled = [] }: { held?: number[]; throttled?: number[] }) {
  const written: string[] = [];
  const items = (slots: number[]) => slots.map((slot) => toItem({ ...keys.slot("local", slot), owner: `o${slot}`, until: LATER }));
  const send = async (command: unknown) => {
    if (command instanceof BatchGetItemCommand)
      return {
        Responses: { t: items(held) },
        UnprocessedKeys: throttled.length > 0 ? { t: { Keys: throttled.map((slot) => toItem(keys.slot("local", slot))) } } : {},
      };
    if (command instanceof UpdateItemCommand) written.push(command.input.Key?.["pk"]?.S ?? "");
    return {};
  };
  return { slots: createClusterSlots({ name: "t", client: { send } as unknown as DynamoDBClient }), written };
}

test("a pool that is full costs no write", async () => {
  const { slots, written } = tableWith({ held: [0, 1, 2, 3] });
  expect(await slots.acquire(pool, "a", LATER, NOW)).toBeUndefined();
  expect(written).toEqual([]);
});

test("the one free slot is taken at the first try, under a key of its own", async () => {
  const { slots, written } = tableWith({ held: [0, 1, 3] });
  expect(await slots.acquire(pool, "a", LATER, NOW)).toBe(2);
  expect(written).toEqual(["SLOTS#local#2"]);
});

test("a slot that a throttled read did not tell of is not taken for free", async () => {
  const { slots, written } = tableWith({ held: [0, 1], throttled: [2, 3] });
  expect(await slots.acquire(pool, "a", LATER, NOW)).toBeUndefined();
  expect(written).toEqual([]);
});
