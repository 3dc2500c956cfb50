import { afterAll, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { CLOCK_SKEW_MS } from "../../shared/reconcile/run.ts";
import type { Fate, Hole } from "./support/duel.ts";
import type { Expected } from "./support/duels.ts";
import type { World } from "./support/world.ts";
import { report } from "./support/report.ts";
import { longRuns } from "./support/runs.ts";

// A pause before another try ends at once, so that the scheduler alone says who goes on: a seed tells all.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { fight } = await import("./support/duel.ts");
const { duels } = await import("./support/duels.ts");

/** What can be wrong in the cluster through each hole, and nothing else. */
const through: Record<Hole, RegExp> = {
  "first apply": /is there, and its tenant is Deleted$/,
  patch: /is (awake|asleep)$/,
};

const skew = fc.integer({ min: -CLOCK_SKEW_MS / 2, max: CLOCK_SKEW_MS / 2 });
const fate: fc.Arbitrary<Fate> = fc.record({ at: fc.integer({ min: 1, max: 30 }), skewMs: skew, wire: fc.boolean() });
const fates = fc.array(fate, { minLength: 3, maxLength: 3 });
/** Mostly the indexes are up to date. */
const lags = fc.constantFrom(0, 0, 0, 1, 3);

function unexpected(world: World, { state, desired, said = {} }: Expected): string[] {
  const tenant = world.table.tenants.get("acme");
  const found: string[] = [];
  if (tenant === undefined) return ["there is no tenant"];
  if (tenant.desired.state !== state) found.push(`the tenant is to be ${tenant.desired.state}, not ${state}`);
  if (state === "Deleted" && tenant.status.deletedAt === undefined) found.push("the tenant is not Deleted");
  for (const [field, value] of Object.entries(desired ?? {}))
    if (JSON.stringify(tenant.desired[field as "tier"]) !== JSON.stringify(value))
      found.push(`${field} is ${JSON.stringify(tenant.desired[field as "tier"])}, not ${JSON.stringify(value)}`);
  const expected: Record<string, [number, number]> = { TenantOnboarded: [1, 1], TenantReady: [1, 1], ...said };
  for (const type of new Set([...Object.keys(expected), ...world.table.events.map((event) => event.type)])) {
    const [least, most] = expected[type] ?? [0, 0];
    const times = world.table.events.filter((event) => event.type === type).length;
    if (times < least || times > most) found.push(`${type} was said ${times} times, not ${least} to ${most}`);
  }
  return found;
}

/** The long schedules take their time. */
const TIME_MS = 600_000;
const lines: string[] = [];
afterAll(() => report(`duels, seed ${longRuns(1).seed}`, lines));

describe.each(duels)("$name", (duel) => {
  test(
    "within the stated bounds ends as the last command says, without the fence",
    async () => {
      const runs = longRuns<[fc.Scheduler, Fate[], number]>(25);
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fates, lags, async (scheduler, fatesOfActors, lag) => {
          const { world, wrong, holes } = await fight(duel, fatesOfActors, scheduler, { zombies: false, fence: false, lag });
          expect([...wrong, ...unexpected(world, duel.ends), ...holes]).toEqual([]);
        }),
        runs,
      );
      lines.push(`${duel.name}: ${runs.numRuns} schedules within the bounds, no fence: held`);
    },
    TIME_MS,
  );

  test(
    "with processes that come back after their lease ends so too, behind the fence and but for its holes",
    async () => {
      const runs = longRuns<[fc.Scheduler, Fate[], number]>(25);
      const met = new Map<Hole, number>();
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fates, lags, async (scheduler, fatesOfActors, lag) => {
          const { world, wrong, holes } = await fight(duel, fatesOfActors, scheduler, { zombies: true, fence: true, lag });
          // Record and events are right in any case; the cluster is, but for what came through a hole of the fence.
          expect([...wrong.filter((fault) => !holes.some((hole) => through[hole].test(fault))), ...unexpected(world, duel.ends)]).toEqual(
            [],
          );
          for (const hole of new Set(holes)) met.set(hole, (met.get(hole) ?? 0) + 1);
        }),
        runs,
      );
      const beside = [...met].map(([hole, times]) => `${hole} ${times}`).join(", ");
      lines.push(`${duel.name}: ${runs.numRuns} schedules with zombies, fence: held${beside === "" ? "" : `; beside it: ${beside}`}`);
    },
    TIME_MS,
  );
});
