import { beforeEach, describe, expect, test } from "@jest/globals";
import type { DueIndex, DueItem, DueKind, Outbox, OutboxEvent, TenantStore } from "../../shared/ports.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { aTenant } from "../support/builders.ts";

/** Far ahead, so that no sweep of a running stack is at these items too. */
const at = (minute: number): string => new Date(Date.UTC(2090, 0, 1, 0, minute)).toISOString();

/** What every DueIndex and Outbox keep to, over what a TenantStore wrote. The index may be behind: each look is repeated for a while. */
export function dueIndexContract(name: string, make: () => Promise<{ store: TenantStore; index: DueIndex; outbox: Outbox }>): void {
  describe(`${name} as a DueIndex and an Outbox`, () => {
    let store: TenantStore;
    let index: DueIndex;
    let outbox: Outbox;
    let tenantId: string;
    beforeEach(async () => {
      ({ store, index, outbox } = await make());
      tenantId = `t-${Math.random().toString(36).slice(2, 12)}`;
    });

    const eventOf = (sequence: number, occurredAt: string): OutboxEvent => ({
      tenantId,
      sequence,
      eventId: `evt-${sequence}`,
      type: "TenantOnboarded",
      occurredAt,
      detail: { metadata: { sequence }, data: { name: "Acme Inc." } },
      ttl: 3_900_000_000,
    });
    const write = (dueAt: string | undefined, events: OutboxEvent[] = []): Promise<void> =>
      store.write({ before: undefined, after: aTenant({ tenantId, sequence: events.length, dueAt }), lease: "take", events });

    /** What is due of this test's tenants, each with the shard that told it. */
    const look = async (kind: DueKind, now: string, ids = [tenantId]): Promise<(DueItem & { shard: number })[]> => {
      const shards = Array.from({ length: index.shards }, async (_, shard) =>
        (await index.due(kind, shard, now, 1_000)).map((item) => ({ ...item, shard })),
      );
      return (await Promise.all(shards)).flat().filter(({ pk }) => ids.some((id) => pk === `TENANT#${id}`));
    };
    const lookUntil = async (kind: DueKind, now: string, count: number): Promise<(DueItem & { shard: number })[]> => {
      for (let attempt = 0; ; attempt++) {
        const found = await look(kind, now);
        if (found.length === count || attempt === 50) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const one = (items: DueItem[]): DueItem => {
      expect(items).toHaveLength(1);
      return items[0] as DueItem;
    };

    test("tells a tenant from its due time on, in one shard, under the key that a sweep reads its id from", async () => {
      await write(at(10));
      expect(await lookUntil("tenant", at(10), 1)).toEqual([
        { pk: `TENANT#${tenantId}`, sk: "TENANT", dueAt: at(10), shard: expect.any(Number) },
      ]);
      expect(await look("tenant", at(9))).toEqual([]);
      expect(await look("event", at(99))).toEqual([]);
    });

    test("never tells a tenant without a due time, nor one whose due time was taken off", async () => {
      await write(undefined);
      expect(await look("tenant", at(99))).toEqual([]);
      const before = aTenant({ tenantId });
      const due = { ...before, generation: 2, dueAt: at(10) };
      await store.write({ before, after: due, lease: "ignore" });
      await lookUntil("tenant", at(10), 1);
      await store.write({ before: due, after: { ...due, generation: 3, dueAt: undefined }, lease: "ignore" });
      expect(await lookUntil("tenant", at(99), 0)).toEqual([]);
    });

    test("tells the oldest first, and no more than asked for", async () => {
      const ids = [30, 10, 20].map((minute) => ({ minute, id: `${tenantId}-${minute}` }));
      for (const { minute, id } of ids)
        await store.write({ before: undefined, after: aTenant({ tenantId: id, dueAt: at(minute) }), lease: "take" });
      for (
        let attempt = 0;
        attempt < 50 &&
        (
          await look(
            "tenant",
            at(30),
            ids.map(({ id }) => id),
          )
        ).length < 3;
        attempt++
      )
        await new Promise((resolve) => setTimeout(resolve, 100));
      for (let shard = 0; shard < index.shards; shard++) {
        const told = await index.due("tenant", shard, at(99), 1_000);
        expect(told.map(({ dueAt }) => dueAt)).toEqual(told.map(({ dueAt }) => dueAt).sort());
        expect(await index.due("tenant", shard, at(99), 1)).toEqual(told.slice(0, 1));
      }
    });

    test("lets one of many claim a tenant at the due time seen, and leaves it due at the next", async () => {
      await write(at(10));
      const item = one(await lookUntil("tenant", at(10), 1));
      const claims = await Promise.all(Array.from({ length: 5 }, (_, n) => index.claim(item, at(20 + n))));
      expect(claims.filter((since) => since !== undefined)).toEqual([at(10)]);
      const next = at(20 + claims.indexOf(at(10)));
      expect((await store.get(tenantId))?.dueAt).toBe(next);
      expect(await index.claim(item, at(40))).toBeUndefined();
      expect(one(await lookUntil("tenant", at(40), 1)).dueAt).toBe(next);
    });

    test("tells since when a tenant is due, however often it was claimed or begun, until a round ends or it is deferred", async () => {
      await write(at(10));
      const key = { pk: `TENANT#${tenantId}`, sk: "TENANT" };
      expect(await index.claim({ ...key, dueAt: at(10) }, at(15))).toBe(at(10));
      expect(await index.claim({ ...key, dueAt: at(15) }, at(20))).toBe(at(10));
      const begun = await store.begin(tenantId, { dueAt: at(20), owner: "a", leaseUntil: at(24), nextDueAt: at(25), now: at(21) });
      expect(begun?.dueSince).toBe(at(10));
      await store.release(tenantId, "a", at(22));
      expect(await index.claim({ ...key, dueAt: at(22) }, at(30))).toBe(at(10));

      const again = await store.begin(tenantId, { dueAt: at(30), owner: "b", leaseUntil: at(34), nextDueAt: at(35), now: at(31) });
      const before = again as Tenant;
      await store.write({ before, after: { ...before, dueAt: at(40), dueSince: undefined, lease: undefined }, lease: "hold" });
      expect((await store.get(tenantId))?.dueSince).toBeUndefined();
      expect(await index.claim({ ...key, dueAt: at(40) }, at(45))).toBe(at(40));
      expect(await index.defer({ ...key, dueAt: at(40) }, at(50))).toBe(false);
      expect(await index.defer({ ...key, dueAt: at(45) }, at(50))).toBe(true);
      expect(await index.claim({ ...key, dueAt: at(50) }, at(55))).toBe(at(50));
    });

    test("forgets since when a tenant is due at the end of a round that began before a claim noted it", async () => {
      await write(at(10));
      const before = (await store.get(tenantId)) as Tenant;
      await index.claim({ pk: `TENANT#${tenantId}`, sk: "TENANT", dueAt: at(10) }, at(15));
      await store.write({ before, after: { ...before, dueAt: at(40), dueSince: undefined }, lease: "hold" });
      expect(await store.get(tenantId)).toMatchObject({ dueAt: at(40) });
      expect((await store.get(tenantId))?.dueSince).toBeUndefined();
    });

    test("tells since when an event waits to be published, however often it was claimed", async () => {
      await write(undefined, [eventOf(1, at(1))]);
      const item = one(await lookUntil("event", at(2), 1));
      expect(await index.claim(item, at(7))).toBe(at(2));
      expect(await index.claim({ ...item, dueAt: at(7) }, at(12))).toBe(at(2));
      expect(await outbox.get(item)).toEqual(eventOf(1, at(1)));
    });

    test("refuses to claim what is not due any more, or not there, and makes nothing", async () => {
      await write(undefined);
      expect(await index.claim({ pk: `TENANT#${tenantId}`, sk: "TENANT", dueAt: at(10) }, at(20))).toBeUndefined();
      expect((await store.get(tenantId))?.dueAt).toBeUndefined();
      expect(await index.claim({ pk: `TENANT#${tenantId}-x`, sk: "TENANT", dueAt: at(10) }, at(20))).toBeUndefined();
      expect(await store.get(`${tenantId}-x`)).toBeUndefined();
    });

    test("keeps an event due a minute after it was said, in its tenant's shard, until it is published; marking twice is once", async () => {
      await write(at(10), [eventOf(1, at(1)), eventOf(2, at(2))]);
      expect(await look("event", at(1))).toEqual([]);
      const items = await lookUntil("event", at(3), 2);
      expect(items.map(({ dueAt }) => dueAt)).toEqual([at(2), at(3)]);
      expect(new Set(items.map(({ shard }) => shard)).size).toBe(1);
      expect(await outbox.get(items[0] as DueItem)).toEqual(eventOf(1, at(1)));
      await outbox.remove({ tenantId, sequence: 1 });
      await outbox.remove({ tenantId, sequence: 1 });
      expect(one(await lookUntil("event", at(9), 1)).dueAt).toBe(at(3));
      // It stays in the audit trail, and whoever claimed it before can no longer.
      expect(await outbox.get(items[0] as DueItem)).toEqual(eventOf(1, at(1)));
      expect(await index.claim(items[0] as DueItem, at(20))).toBeUndefined();
    });

    test("lets one of many claim an event, which stays due at the next time", async () => {
      await write(undefined, [eventOf(1, at(1))]);
      const item = one(await lookUntil("event", at(2), 1));
      const claims = await Promise.all(Array.from({ length: 5 }, () => index.claim(item, at(7))));
      expect(claims.filter((since) => since !== undefined)).toEqual([at(2)]);
      expect(one(await lookUntil("event", at(7), 1)).dueAt).toBe(at(7));
      expect(await look("event", at(6))).toEqual([]);
    });

    test("answers nothing for an event that is not there, and marks none", async () => {
      expect(await outbox.get({ pk: `TENANT#${tenantId}`, sk: "EVENT#000000000009", dueAt: at(1) })).toBeUndefined();
      await outbox.remove({ tenantId, sequence: 9 });
      expect(await look("event", at(99))).toEqual([]);
    });
  });
}
