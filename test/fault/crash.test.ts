import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { runWithStops, type Stop } from "./support/crash.ts";
import { operations } from "./support/operations.ts";
import { report } from "./support/report.ts";
import { longRuns, thorough } from "./support/runs.ts";

const ways = [
  { way: "its events published by the stream", stream: true },
  { way: "its events published by the sweep", stream: false },
];

describe.each(operations)("A crash in: $name", (operation) => {
  test.each(ways)(
    "at any call, before or after it, ends as if there had been none ($way)",
    async ({ way, stream }) => {
      const clean = await runWithStops(operation, [], { stream });
      expect(clean.faults).toEqual([]);
      expect(clean.calls.length).toBeGreaterThan(10);
      const lines: Line[] = [];
      const broken: unknown[] = [];
      for (const [index, call] of clean.calls.entries()) {
        const held: string[] = [];
        // The ordinary suite tries one of the two at each call, the other one on the other way.
        const both = ["before", "after"] as const;
        for (const when of thorough ? both : [both[(index + (stream ? 1 : 0)) % 2] ?? "after"]) {
          const ran = await runWithStops(operation, [{ at: index + 1, when }], { stream });
          const wrong = [
            ...ran.faults,
            ...differences(clean.state, ran.state),
            ...(ran.stopped === 1 ? [] : [`stopped ${ran.stopped} times`]),
          ];
          if (wrong.length > 0) broken.push({ stop: `${when} call ${index + 1}, ${call}`, wrong });
          held.push(`${when}: ${wrong.length === 0 ? "held" : "BROKEN"}`);
        }
        lines.push({ number: index + 1, text: `${call.padEnd(28)} ${held.join("   ")}` });
      }
      report(`crash: ${operation.name}, ${way}: ${clean.calls.length} calls`, folded(lines));
      expect(broken).toEqual([]);
    },
    600_000,
  );

  test("two crashes, the second in what recovers from the first, end as if there had been none", async () => {
    const clean = await runWithStops(operation, [], { stream: false });
    const stop = fc.record({ at: fc.integer({ min: 1, max: clean.calls.length }), when: fc.constantFrom<Stop["when"]>("before", "after") });
    await fc.assert(
      fc.asyncProperty(stop, stop, async (first, gap) => {
        const stops = [first, { at: first.at + gap.at, when: gap.when }];
        const ran = await runWithStops(operation, stops, { stream: false });
        expect([...ran.faults, ...differences(clean.state, ran.state)]).toEqual([]);
      }),
      longRuns(20),
    );
  }, 600_000);
});

interface Line {
  number: number;
  text: string;
}

/** Calls in a row of which the same is to be said, in one line: `11-18  index.due ...`. */
function folded(lines: Line[]): string[] {
  const runs: { first: number; last: number; text: string }[] = [];
  for (const { number, text } of lines) {
    const run = runs.at(-1);
    if (run?.text === text) run.last = number;
    else runs.push({ first: number, last: number, text });
  }
  return runs.map(({ first, last, text }) => `${(first === last ? `${first}` : `${first}-${last}`).padStart(6)}  ${text}`);
}

/** The parts of the final state that are not the clean run's. */
function differences(clean: object, ran: object): string[] {
  return Object.entries(clean).flatMap(([part, value]) => {
    const other = (ran as Record<string, unknown>)[part];
    return JSON.stringify(value) === JSON.stringify(other) ? [] : [`${part}: ${JSON.stringify(other)} is not ${JSON.stringify(value)}`];
  });
}
