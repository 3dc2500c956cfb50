import { describe, expect, jest, test } from "@jest/globals";
import type { Swept } from "../../shared/usecases/sweep-due.ts";
import type { World as AnyWorld } from "./support/world.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { sweepOutbox } = await import("../../shared/usecases/publish-events.ts");
const { sweepDue } = await import("../../shared/usecases/sweep-due.ts");
const { breaches } = await import("./support/invariants/index.ts");
const { commandOf, doneAll, operations } = await import("./support/operations.ts");
const { World } = await import("./support/world.ts");

const MINUTE_MS = 60_000;
/** Minutes in which nobody works on what the sweeps send. */
const NEGLECTED = 34;
/** Sweeps in a row of which one at least tells the age: what is claimed is not seen for five minutes. */
const WINDOW = 6;
/** Longest that work waits once the workers are back, seconds: the claim of a sweep, and the pauses between tries. */
const MOST_WHEN_WORKED_ON = 600;

const signal = new AbortController().signal;

describe.each(operations)("While nobody works on what $name left to do", (operation) => {
  test("the sweeps report its true age, and a small one again afterwards", async () => {
    const world = new World();
    await doneAll(world, operation.after);
    const ports = world.ports();
    await operation.act(commandOf(world, 9, { eager: undefined })(ports), ports);
    const oldest = { work: oldestWork(world), event: oldestEvent(world) };
    const reported: { work: number; event: number }[] = [];
    for (let minute = 0; minute < NEGLECTED; minute++) {
      world.pass(MINUTE_MS);
      const neglected = { ...world.ports(), publisher: { publish: async (events: unknown[]) => refused(events) } };
      reported.push({
        work: (await sweepDue(neglected, signal)).oldestAgeSeconds,
        event: (await sweepOutbox(neglected as typeof ports, signal)).oldestAgeSeconds,
      });
      world.queue = [];
      world.accessQueue = [];
    }
    const last = reported.slice(-WINDOW);
    for (const kind of ["work", "event"] as const) {
      const most = Math.max(...last.map((one) => one[kind]));
      const since = oldest[kind];
      const age = since === undefined ? 0 : (world.nowMs - Date.parse(since)) / 1_000;
      expect({ kind, most: age === 0 ? most : Math.abs(age - most) <= WINDOW * 60 }).toEqual({ kind, most: age === 0 ? 0 : true });
    }
    // The work that they bring back may leave events and work of its own, each young.
    await world.settle();
    const after: Swept[] = [];
    for (let minute = 0; minute < WINDOW; minute++) {
      world.pass(MINUTE_MS);
      after.push(await sweepDue(world.ports(), signal), await sweepOutbox(world.ports(), signal));
    }
    expect(Math.max(...after.map(({ oldestAgeSeconds }) => oldestAgeSeconds))).toBeLessThan(MOST_WHEN_WORKED_ON);
    await world.settle();
    if (operation.hourly === true) await doneAll(world, [operation.act]);
    expect(breaches(world)).toEqual([]);
  });
});

const refused = (events: unknown[]) => ({ published: [], failed: events.map((event) => ({ event, reason: "AccessDenied" })) });

/** Since when the oldest work of tenants, grants, groups and users is due. */
function oldestWork({ table, directory, nowMs }: AnyWorld): string | undefined {
  const items = [...table.tenants.values(), ...table.grants.values(), ...directory.users.values(), ...directory.groups.values()];
  const due = items.flatMap(({ dueAt }) => (dueAt !== undefined && Date.parse(dueAt) <= nowMs + NEGLECTED * MINUTE_MS ? [dueAt] : []));
  return due.sort()[0];
}

/** Since when the oldest event is due for the sweep. */
const oldestEvent = ({ table }: AnyWorld): string | undefined => [...table.unpublished.values()].sort()[0];
