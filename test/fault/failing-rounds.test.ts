import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { type PortFault, faultsOf } from "./support/port-faults.ts";
import type { Act } from "./support/operations.ts";
import { report } from "./support/report.ts";
import { factor, seed } from "./support/runs.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { runFailing } = await import("./support/failing.ts");
const { acts, operations } = await import("./support/operations.ts");

/** What the caller goes on with, before anything is tried again. */
const nexts = {
  nothing: undefined,
  "a suspension": acts.suspend,
  "an activation": acts.activate,
  "a revoke": acts.revoke,
  "a tier change": acts.toPremium,
  "a decommission": acts.tearDown,
};
type Next = keyof typeof nexts;

/** Schedules of one operation in the ordinary suite. */
const SLICE = 12;

interface Schedule {
  next: Next;
  at: number | string;
  call: string;
  fault: PortFault;
}

describe.each(operations)("A round that fails in: $name", (operation) => {
  test("at any call, in any way, once or for minutes, with any command after it, ends as if it had not", async () => {
    const clean = new Map<Next, Awaited<ReturnType<typeof runFailing>>>();
    /** What may come out: the command that failed may take effect before or after the next one. */
    const outcomes = new Map<Next, object[]>();
    for (const [name, next] of Object.entries(nexts) as [Next, Act | undefined][]) {
      const [first, late] = [await runFailing({ operation, next }), await runFailing({ operation, next, late: true })];
      clean.set(name, first);
      outcomes.set(name, [first.outcome, late.outcome]);
    }
    const all = [...clean].flatMap(([next, { calls }]) => [
      ...calls.flatMap((call, index) => faultsOf(call).map((fault): Schedule => ({ next, at: index + 1, call, fault }))),
      ...[...new Set(calls)].flatMap((call) => faultsOf(call).map((fault): Schedule => ({ next, at: call, call, fault }))),
    ]);
    for (const [next, { breaches }] of clean) expect({ next, breaches }).toEqual({ next, breaches: [] });
    const size = Math.min(all.length, SLICE * factor);
    const [drawn = []] = fc.sample(fc.shuffledSubarray(all, { minLength: size, maxLength: size }), { numRuns: 1, seed });
    const broken: unknown[] = [];
    for (const { next, at, call, fault } of drawn) {
      const ran = await runFailing({ operation, next: nexts[next], failing: { at, fault } });
      const wrong = [...ran.breaches, ...differences(outcomes.get(next) ?? [], ran.outcome)];
      if (ran.injected === 0) wrong.push("no call failed");
      const when = typeof at === "string" ? "for minutes" : `once, as call ${at}`;
      if (wrong.length > 0) broken.push({ schedule: `${call}: ${fault.name}, ${when}, then ${next}`, wrong });
    }
    report(`failing rounds: ${operation.name}, seed ${seed}`, [
      `${drawn.length} of ${all.length} schedules: ${broken.length === 0 ? "held" : `${broken.length} BROKEN`}`,
    ]);
    expect(broken).toEqual([]);
  }, 3_600_000);
});

/** The parts of the outcome that are as in none of those that may be. */
function differences(possible: object[], ran: object): string[] {
  const found = possible.map((clean) =>
    Object.entries(clean).flatMap(([part, value]) => {
      const other = (ran as Record<string, unknown>)[part];
      return JSON.stringify(value) === JSON.stringify(other) ? [] : [`${part}: ${JSON.stringify(other)} is not ${JSON.stringify(value)}`];
    }),
  );
  return found.some((parts) => parts.length === 0) ? [] : (found[0] ?? []);
}
