import { beforeEach, describe, expect, test } from "@jest/globals";
import type { ClusterSlots, SlotPool } from "../../shared/ports.ts";

const at = (minute: number): string => new Date(Date.UTC(2090, 0, 1, 0, minute)).toISOString();

/** What every ClusterSlots keeps to. */
export function clusterSlotsContract(name: string, make: () => Promise<ClusterSlots>): void {
  describe(`${name} as ClusterSlots`, () => {
    let slots: ClusterSlots;
    let pool: SlotPool;
    beforeEach(async () => {
      slots = await make();
      pool = { name: `c-${Math.random().toString(36).slice(2, 12)}`, size: 3 };
    });

    test("gives each slot to one owner, and none beyond the pool's size", async () => {
      const owners = ["a", "b", "c"];
      const taken: (number | undefined)[] = [];
      for (const owner of owners) taken.push(await slots.acquire(pool, owner, at(10), at(0)));
      expect([...taken].sort()).toEqual([0, 1, 2]);
      expect(await slots.acquire(pool, "d", at(10), at(1))).toBeUndefined();
    });

    test("gives no slot twice to owners that ask at once", async () => {
      const taken = await Promise.all(Array.from({ length: 6 }, (_, owner) => slots.acquire(pool, `o${owner}`, at(10), at(0))));
      const slotsTaken = taken.filter((slot) => slot !== undefined);
      expect(new Set(slotsTaken).size).toBe(slotsTaken.length);
    });

    test("gives an owner that has a slot the same again, until a later time", async () => {
      const slot = await slots.acquire(pool, "a", at(10), at(0));
      expect(await slots.acquire(pool, "a", at(20), at(1))).toBe(slot);
      await slots.acquire(pool, "b", at(30), at(1));
      await slots.acquire(pool, "c", at(30), at(1));
      expect(await slots.acquire(pool, "d", at(30), at(15))).toBeUndefined();
      expect(await slots.acquire(pool, "d", at(30), at(21))).toBe(slot);
    });

    test("takes a slot back from its owner alone", async () => {
      const one = { ...pool, size: 1 };
      expect(await slots.acquire(one, "a", at(10), at(0))).toBe(0);
      await slots.release(one, 0, "b");
      expect(await slots.acquire(one, "b", at(10), at(1))).toBeUndefined();
      await slots.release(one, 0, "a");
      await slots.release(one, 0, "a");
      expect(await slots.acquire(one, "b", at(10), at(1))).toBe(0);
    });

    test("keeps pools apart", async () => {
      const other = { name: `${pool.name}/deletions`, size: 1 };
      expect(await slots.acquire(other, "a", at(10), at(0))).toBe(0);
      expect(await slots.acquire({ ...pool, size: 1 }, "b", at(10), at(0))).toBe(0);
    });
  });
}
