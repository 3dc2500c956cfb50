import { expect, test } from "@jest/globals";
import { type publishEvents, sweepOutbox } from "../../../shared/usecases/publish-events.ts";
import { sweepDue } from "../../../shared/usecases/sweep-due.ts";
import { acts, commandOf, doneAll } from "../../fault/support/operations.ts";
import { type Gate, World } from "../../fault/support/world.ts";

const MINUTE_MS = 60_000;
const never = new AbortController().signal;

/** A tenant that was onboarded to the queue, and that no worker takes. */
async function aWaitingTenant(world: World): Promise<void> {
  const ports = world.ports();
  await acts.onboard(commandOf(world, 1, { eager: undefined })(ports), ports);
}

/** What a sweep tells minute by minute, with the true age beside it. */
async function agesOf(world: World, minutes: number, sweep: () => Promise<number>): Promise<{ told: number; at: number }[]> {
  const ages: { told: number; at: number }[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    world.pass(MINUTE_MS);
    ages.push({ told: await sweep(), at: world.nowMs });
  }
  return ages;
}

test("the age of a tenant that no worker takes grows from its first due time, whatever is claimed in between", async () => {
  const world = new World();
  await aWaitingTenant(world);
  const start = world.nowMs;
  const ages = await agesOf(world, 60, async () => (await sweepDue(world.ports(), never)).oldestAgeSeconds);
  const told = ages.filter(({ told }) => told > 0);
  expect(told.length).toBeGreaterThanOrEqual(10);
  for (const { told: age, at } of told) expect(age).toBe((at - start) / 1_000);
});

test("a command on a tenant that waits does not make its age young again", async () => {
  const world = new World();
  await aWaitingTenant(world);
  const start = world.nowMs;
  world.pass(20 * MINUTE_MS);
  await acts.rename(commandOf(world, 2, { eager: undefined })(world.ports()), world.ports());
  world.pass(MINUTE_MS);
  expect((await sweepDue(world.ports(), never)).oldestAgeSeconds).toBe((world.nowMs - start) / 1_000);
});

test("work that was done and is due again later is as old as its new due time", async () => {
  const world = new World();
  await aWaitingTenant(world);
  world.pass(MINUTE_MS);
  await sweepDue(world.ports(), never);
  expect(world.table.tenants.get("acme")?.dueSince).toBeDefined();
  await world.settle();
  expect(world.table.tenants.get("acme")).toMatchObject({ status: { observedGeneration: 1 } });
  expect(world.table.tenants.get("acme")?.dueSince).toBeUndefined();
  world.pass(60 * MINUTE_MS);
  await acts.rename(commandOf(world, 2, { eager: undefined })(world.ports()), world.ports());
  world.pass(MINUTE_MS);
  expect((await sweepDue(world.ports(), never)).oldestAgeSeconds).toBe(60);
});

test("the age of an event that the bus refuses grows from its first due time", async () => {
  const world = new World();
  await doneAll(world, [acts.onboard]);
  const ports = world.ports();
  await acts.rename(commandOf(world, 2)(ports), ports);
  await acts.toPremium(commandOf(world, 3)(ports), ports);
  const refusing = {
    ...ports,
    publisher: {
      publish: async (events: Parameters<typeof publishEvents>[0]) => ({
        published: [],
        failed: events.map((event) => ({ event, reason: "AccessDenied" })),
      }),
    },
  };
  const due = Math.min(...[...world.table.unpublished.values()].map((dueAt) => Date.parse(dueAt)));
  const ages = await agesOf(world, 30, async () => (await sweepOutbox(refusing, never)).oldestAgeSeconds);
  const told = ages.filter(({ told }) => told > 0);
  expect(told.length).toBeGreaterThanOrEqual(5);
  for (const { told: age, at } of told) expect(age).toBe((at - due) / 1_000);
});

test("where one half of a sweep fails, the other has ended before the sweep returns", async () => {
  const world = new World();
  await aWaitingTenant(world);
  world.pass(MINUTE_MS);
  let underWay = 0;
  const gate: Gate = async (call, effect, args) => {
    if (call === "index.due" && args[0] === "access") throw new Error("the index is down");
    underWay++;
    try {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return await effect();
    } finally {
      underWay--;
    }
  };
  await expect(sweepDue(world.ports(gate), never)).rejects.toThrow("the index is down");
  expect(underWay).toBe(0);
  expect(world.queue.map(({ message }) => message.dueAt)).toContain(world.table.tenants.get("acme")?.dueAt);
});

test("an event that cannot be read does not keep those beside it from the bus", async () => {
  const world = new World();
  await doneAll(world, [acts.onboard]);
  const ports = world.ports();
  await acts.rename(commandOf(world, 2)(ports), ports);
  await acts.toPremium(commandOf(world, 3)(ports), ports);
  const before = world.bus.length;
  const waiting = world.table.unpublished.size;
  let reads = 0;
  const gate: Gate = (call, effect) => (call === "outbox.get" && ++reads === 1 ? Promise.reject(new Error("no answer")) : effect());
  world.pass(2 * MINUTE_MS);
  await expect(sweepOutbox(world.ports(gate), never)).rejects.toThrow("no answer");
  expect(world.bus.length - before).toBe(waiting - 1);
});

test("a page of one shard takes a second, so that no key of the index is written to more than some hundred times in one", async () => {
  const world = new World();
  const claims = new Map<number, number>();
  const shardOf = (pk: string): number => Number(pk.split("-")[1]);
  const due = Array.from({ length: 850 }, (_, n) => ({ pk: `TENANT#t-${n % 2}-${n}`, sk: "TENANT", dueAt: world.now() }));
  const index = {
    shards: 2,
    due: async (kind: string, shard: number, now: string, limit: number) =>
      kind === "tenant" ? due.filter(({ pk, dueAt }) => shardOf(pk) === shard && dueAt <= now).slice(0, limit) : [],
    claim: async ({ pk, dueAt }: { pk: string; dueAt: string }, next: string) => {
      const item = due.find((one) => one.pk === pk);
      if (item !== undefined) item.dueAt = next;
      const second = Math.floor(world.nowMs / 1_000) * 2 + shardOf(pk);
      claims.set(second, (claims.get(second) ?? 0) + 1);
      return dueAt;
    },
  };
  // Each shard sleeps on its own; the clock goes on when both do.
  let sleeping = 0;
  const pause = async (ms: number): Promise<void> => {
    sleeping += 1;
    if (sleeping % 2 === 0) world.pass(ms);
  };
  world.pass(1);
  const swept = await sweepDue({ ...world.ports(), index: index as never, pause }, never);
  expect(swept.claimed).toBe(850);
  expect(Math.max(...claims.values())).toBeLessThanOrEqual(200);
});
