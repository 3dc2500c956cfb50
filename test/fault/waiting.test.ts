import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { ClusterError } from "../../shared/ports.ts";
import { breaches } from "./support/invariants/index.ts";
import type { Act, Operation } from "./support/operations.ts";
import { report } from "./support/report.ts";
import { factor, seed } from "./support/runs.ts";
import type { Gate, World as AnyWorld } from "./support/world.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { acts, commandOf, doneAll, operations } = await import("./support/operations.ts");
const { registry } = await import("./support/registry-acts.ts");
const { openGate, World } = await import("./support/world.ts");

const DAY_MS = 86_400_000;
/** Longer than what is remembered for a while: dedupe items, revoked grants, memberships, deleted users and groups. */
const WAIT_DAYS = 40;
/** Longer than tombstones and the audit trail. */
const FORGET_DAYS = 480;

/** Why nothing reaches the cluster for that long. */
const hindrances: Record<string, { begin: Act[]; end: Act[]; gate: Gate }> = {
  "the cluster is away": {
    begin: [],
    end: [],
    gate: (call, effect) => (call.startsWith("cluster.") ? Promise.reject(new ClusterError(undefined, "Unreachable", "away")) : effect()),
  },
  "the cluster is paused": { begin: [registry.pauseCluster], end: [registry.resumeCluster], gate: openGate },
  "the tenant is paused": { begin: [acts.pause], end: [acts.resume], gate: openGate },
};
const nexts: Record<string, Act | undefined> = {
  nothing: undefined,
  "a suspension": acts.suspend,
  "a revoke": acts.revoke,
  "a decommission": acts.tearDown,
};

/** Schedules of one operation in the ordinary suite. */
const SLICE = 1;

describe.each(operations)("After $name and weeks in which nothing reached the cluster", (operation) => {
  test("everything is as asked, whatever the table forgot meanwhile; and so it is once it forgot all that it may", async () => {
    const all = Object.keys(hindrances).flatMap((hindrance) =>
      Object.keys(nexts).flatMap((next) => [1, 2].map((draw) => ({ hindrance, next, draw }))),
    );
    const size = Math.min(all.length, SLICE * factor);
    const [drawn = []] = fc.sample(fc.shuffledSubarray(all, { minLength: size, maxLength: size }), { numRuns: 1, seed });
    const broken: unknown[] = [];
    for (const schedule of drawn) {
      const wrong = await wait(operation, schedule.hindrance, nexts[schedule.next], seed + schedule.draw);
      if (wrong.length > 0) broken.push({ schedule: `${schedule.hindrance}, then ${schedule.next}, draw ${schedule.draw}`, wrong });
    }
    report(`waiting: ${operation.name}, seed ${seed}`, [
      `${drawn.length} of ${all.length} schedules: ${broken.length === 0 ? "held" : "BROKEN"}`,
    ]);
    expect(broken).toEqual([]);
  }, 3_600_000);
});

async function wait(operation: Operation, hindrance: string, next: Act | undefined, draws: number): Promise<string[]> {
  const world = new World();
  const { begin, end, gate } = hindrances[hindrance] as (typeof hindrances)[string];
  const draw = fc.sample(fc.boolean(), { numRuns: 4_000, seed: draws });
  await doneAll(world, operation.after);
  let number = operation.after.length;
  const command = async (act: Act, through: Gate): Promise<void> => {
    number += 1;
    const ports = world.ports(through);
    // What is refused (a tenant that is not there yet cannot be paused) changes nothing.
    await act(commandOf(world, number)(ports), ports).catch(() => {});
    world.pass(1_000);
  };
  for (const act of begin) await command(act, openGate);
  await command(operation.act, gate);
  for (let day = 0; day < WAIT_DAYS; day++) {
    if (day === 20 && next !== undefined) await command(next, gate);
    await passDay(world, gate, () => draw.pop() ?? true);
  }
  for (const act of end) await command(act, openGate);
  // What failed for long is looked at hourly, or daily.
  for (let day = 0; day < 3; day++) await passDay(world, openGate, () => draw.pop() ?? true);
  if (operation.hourly === true) await command(operation.act, openGate);
  await world.settle({ minutes: 90 });
  const wrong = [...breaches(world), ...(world.quiet() ? [] : ["work is under way after days"])];
  for (let day = 0; day < FORGET_DAYS; day += 30) {
    world.pass(30 * DAY_MS);
    world.expire();
    await world.settle({ minutes: 10 });
  }
  const isTaken = world.cluster.within("tenant-acme").length > 0;
  if (world.table.tenants.size === 0 && !isTaken) {
    await command(acts.onboard, openGate);
    await world.settle();
  }
  return [...wrong, ...breaches(world).map((breach) => `after ${FORGET_DAYS} days: ${breach}`)];
}

/** A day with a look every six hours; items past their `ttl` go as drawn. */
async function passDay(world: AnyWorld, gate: Gate, goes: () => boolean): Promise<void> {
  for (let hour = 0; hour < 24; hour += 6) {
    world.pass(DAY_MS / 4);
    await world.tick(gate);
  }
  world.expire(goes);
}
