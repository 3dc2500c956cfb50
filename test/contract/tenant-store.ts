import { beforeEach, describe, expect, test } from "@jest/globals";
import type { SleepingWorkload } from "../../shared/domain/tenant.ts";
import type { OutboxEvent, SleeperWrite, TenantStore } from "../../shared/ports.ts";
import { WriteConflict } from "../../shared/ports.ts";
import { aTenant } from "../support/builders.ts";

const later = "2030-01-01T00:10:00.000Z";
const sleeper = (name: string): SleepingWorkload => ({ kind: "Deployment", name, uid: `uid-${name}`, replicas: 3 });
const eventOf = (tenantId: string, sequence: number): OutboxEvent => ({
  tenantId,
  sequence,
  eventId: `evt-${sequence}`,
  type: "TenantOnboarded",
  occurredAt: "2030-01-01T00:00:00.000Z",
  detail: { metadata: {}, data: {} },
  ttl: 1_900_000_000,
});

/** What every TenantStore keeps to. `events` tells how many outbox events a tenant has. */
export function tenantStoreContract(
  name: string,
  make: () => Promise<{ store: TenantStore; events: (tenantId: string) => Promise<number> }>,
): void {
  describe(`${name} as a TenantStore`, () => {
    let store: TenantStore;
    let events: (tenantId: string) => Promise<number>;
    let tenantId: string;
    beforeEach(async () => {
      ({ store, events } = await make());
      tenantId = `t-${Math.random().toString(36).slice(2, 12)}`;
    });
    const tenant = (over = {}) => aTenant({ tenantId, ...over });

    test("reads back what was written, all of it", async () => {
      const written = tenant({ timers: { work: later }, dueAt: later, lease: { owner: "a", until: later }, cluster: "eu-1" });
      await store.write({ before: undefined, after: written, lease: "take" });
      expect(await store.get(tenantId)).toEqual(written);
      expect(await store.get("nobody")).toBeUndefined();
    });

    test("refuses to create a tenant that is there", async () => {
      await store.write({ before: undefined, after: tenant(), lease: "take" });
      await expect(store.write({ before: undefined, after: tenant(), lease: "take" })).rejects.toThrow(WriteConflict);
    });

    test.each([
      ["generation", { generation: 7 }],
      ["sequence", { sequence: 7 }],
      ["desiredAt", { desiredAt: { state: later } }],
    ])("refuses a write whose before had another %s", async (_what, other) => {
      await store.write({ before: undefined, after: tenant(), lease: "take" });
      await expect(store.write({ before: tenant(other), after: tenant({ generation: 8 }), lease: "ignore" })).rejects.toThrow(
        WriteConflict,
      );
      expect((await store.get(tenantId))?.generation).toBe(1);
    });

    test("writes the events and the dedupe item with the tenant, or none of them", async () => {
      const dedupe = { key: `signup#${tenantId}`, hash: "h", tenantId, generation: 1, ttl: 1_900_000_000 };
      await store.write({ before: undefined, after: tenant({ sequence: 1 }), lease: "take", events: [eventOf(tenantId, 1)], dedupe });
      expect(await store.findDedupe(dedupe.key)).toMatchObject(dedupe);
      const next = tenant({ sequence: 2, generation: 2 });
      await expect(
        store.write({ before: tenant({ sequence: 1 }), after: next, lease: "ignore", events: [eventOf(tenantId, 2)], dedupe }),
      ).rejects.toThrow(WriteConflict);
      expect(await events(tenantId)).toBe(1);
      expect((await store.get(tenantId))?.generation).toBe(1);
    });

    test("writes a dedupe item for a record that stays as it is", async () => {
      await store.write({ before: undefined, after: tenant(), lease: "take" });
      await store.write({
        before: tenant(),
        after: tenant(),
        lease: "ignore",
        dedupe: { key: `k#${tenantId}`, hash: "h", tenantId, generation: 1, ttl: 1_900_000_000 },
      });
      expect(await store.findDedupe(`k#${tenantId}`)).toBeDefined();
    });

    test("holds a write to the lease that its before saw", async () => {
      const leased = tenant({ lease: { owner: "a", until: later } });
      await store.write({ before: undefined, after: leased, lease: "take" });
      await expect(
        store.write({ before: tenant({ lease: { owner: "b", until: later } }), after: tenant(), lease: "hold" }),
      ).rejects.toThrow(WriteConflict);
      await expect(store.write({ before: tenant(), after: leased, lease: "take" })).rejects.toThrow(WriteConflict);
      await store.write({ before: leased, after: tenant(), lease: "hold" });
      expect((await store.get(tenantId))?.lease).toBeUndefined();
    });

    test("holds a write to the lease also where nothing of the record changes", async () => {
      const leased = tenant({ lease: { owner: "a", until: later } });
      await store.write({ before: undefined, after: leased, lease: "take" });
      const sleepers = [{ before: undefined, after: sleeper("web") }];
      const late = tenant({ lease: { owner: "b", until: later } });
      await expect(store.write({ before: late, after: late, lease: "hold", sleepers })).rejects.toThrow(WriteConflict);
      expect(await store.pageSleepers(tenantId, 10)).toEqual([]);
      await store.write({ before: leased, after: leased, lease: "hold", sleepers });
      expect(await store.pageSleepers(tenantId, 10)).toEqual([sleeper("web")]);
      expect(await store.get(tenantId)).toEqual(leased);
    });

    test("keeps what sleeps by kind and name, reads a range of names, and forgets it", async () => {
      const held = tenant({ lease: { owner: "a", until: later } });
      await store.write({ before: undefined, after: held, lease: "take" });
      const cronJob: SleepingWorkload = { kind: "CronJob", name: "b", uid: "uid-cron" };
      const all = [...["a", "b", "b-1", "c"].map(sleeper), cronJob];
      const write = (sleepers: SleeperWrite[]) => store.write({ before: held, after: held, lease: "hold", sleepers });
      await write(all.map((after) => ({ before: undefined, after })));
      expect(await store.getSleepers(tenantId, "Deployment", { from: "b", to: "c" })).toEqual(
        new Map(["b", "b-1", "c"].map((name) => [name, sleeper(name)])),
      );
      expect(await store.getSleepers(tenantId, "StatefulSet", { from: "a", to: "z" })).toEqual(new Map());
      const replaced = { ...sleeper("b"), uid: "uid-other", replicas: 9 };
      await write([
        { before: sleeper("b"), after: replaced },
        { before: sleeper("a"), after: undefined },
      ]);
      expect(await store.pageSleepers(tenantId, 2)).toEqual([cronJob, replaced]);
      expect(await store.pageSleepers(tenantId, 10)).toHaveLength(4);
    });

    test("leaves the lease alone where a write ignores it", async () => {
      await store.write({ before: undefined, after: tenant({ lease: { owner: "a", until: later } }), lease: "take" });
      await store.write({ before: tenant(), after: tenant({ generation: 2 }), lease: "ignore" });
      expect(await store.get(tenantId)).toMatchObject({ generation: 2, lease: { owner: "a" } });
    });

    test("sets the due time of a new generation although before saw the same, as a claim or a finish may have moved it since", async () => {
      const leased = tenant({ dueAt: later, timers: { work: later }, lease: { owner: "a", until: "2030-01-01T00:09:59.000Z" } });
      await store.write({ before: undefined, after: leased, lease: "take" });
      await store.write({ before: leased, after: { ...leased, dueAt: undefined, timers: {}, lease: undefined }, lease: "hold" });
      await store.write({ before: leased, after: { ...leased, generation: 2 }, lease: "ignore" });
      expect(await store.get(tenantId)).toMatchObject({ generation: 2, dueAt: later, timers: { work: later } });
    });

    test("begins once for one due time, and never beside a lease that holds", async () => {
      await store.write({ before: undefined, after: tenant({ dueAt: "2030-01-01T00:00:00.000Z" }), lease: "take" });
      const request = {
        dueAt: "2030-01-01T00:00:00.000Z",
        leaseUntil: later,
        nextDueAt: "2030-01-01T00:10:01.000Z",
        now: "2030-01-01T00:00:01.000Z",
      };
      const begun = await Promise.all(["a", "b", "c"].map((owner) => store.begin(tenantId, { ...request, owner })));
      expect(begun.filter((answer) => answer !== undefined)).toHaveLength(1);
      const again = { ...request, dueAt: request.nextDueAt, owner: "d" };
      expect(await store.begin(tenantId, again)).toBeUndefined();
      expect(await store.begin(tenantId, { ...again, now: "2030-01-01T00:10:00.001Z" })).toMatchObject({ lease: { owner: "d" } });
      expect(await store.begin("nobody", again)).toBeUndefined();
    });

    test("gives a lease back only to its owner", async () => {
      await store.write({ before: undefined, after: tenant({ dueAt: later, lease: { owner: "a", until: later } }), lease: "take" });
      expect(await store.release(tenantId, "b", "2030-01-01T00:00:00.000Z")).toBe(false);
      expect(await store.release(tenantId, "a", "2030-01-01T00:00:00.000Z")).toBe(true);
      const released = await store.get(tenantId);
      expect(released?.lease).toBeUndefined();
      expect(released?.dueAt).toBe("2030-01-01T00:00:00.000Z");
    });

    test("takes one of many creations at once", async () => {
      const all = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          store.write({ before: undefined, after: tenant({ sequence: 1 }), lease: "take", events: [eventOf(tenantId, 1)] }),
        ),
      );
      expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await events(tenantId)).toBe(1);
    });
  });
}
