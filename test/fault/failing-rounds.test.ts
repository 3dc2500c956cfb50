import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { type PortFault, faultsOf } from "./support/port-faults.ts";
import type { Act } from "./support/operations.ts";
import { report } from "./support/report.ts";
import { seed, thorough } from "./support/runs.ts";

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

/** Schedules of one operation in the ordinary suite. In the long one each call fails before each next command. */
const SLICE = 12;

/** A call, by its number. */
interface Place {
  next: Next;
  number: number;
  call: string;
}
interface Schedule extends Place {
  fault: PortFault;
  /** All calls of its name fail for minutes. */
  lasting: boolean;
}

/** Some of the calls, each of which fails in one way. */
const schedulesOf = (places: Place[], size: number): fc.Arbitrary<Schedule[]> =>
  fc
    .shuffledSubarray(places, { minLength: size, maxLength: size })
    .chain((some) =>
      fc.tuple(
        ...some.map((place) =>
          fc
            .record({ fault: fc.constantFrom(...faultsOf(place.call)), lasting: fc.boolean() })
            .map((failing): Schedule => ({ ...place, ...failing })),
        ),
      ),
    );

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
    for (const [next, { breaches }] of clean) expect({ next, breaches }).toEqual({ next, breaches: [] });
    const places = [...clean].flatMap(([next, { calls }]) => calls.map((call, index): Place => ({ next, number: index + 1, call })));
    expect(places.filter(({ call }) => faultsOf(call).length === 0)).toEqual([]);
    const size = thorough ? places.length : SLICE;
    const [drawn = []] = fc.sample(schedulesOf(places, size), { numRuns: 1, seed });
    const broken: unknown[] = [];
    for (const { next, number, call, fault, lasting } of drawn) {
      const ran = await runFailing({ operation, next: nexts[next], failing: { at: lasting ? call : number, fault } });
      const wrong = [...ran.breaches, ...differences(outcomes.get(next) ?? [], ran.outcome)];
      if (ran.injected === 0) wrong.push("no call failed");
      const when = lasting ? "for minutes" : `once, as call ${number}`;
      if (wrong.length > 0) broken.push({ schedule: `${call}: ${fault.name}, ${when}, then ${next}`, wrong });
    }
    report(`failing rounds: ${operation.name}, seed ${seed}`, [
      `${drawn.length} of ${places.length} calls, each in one way: ${broken.length === 0 ? "held" : `${broken.length} BROKEN`}`,
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
