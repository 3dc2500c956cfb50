import type { Parameters } from "fast-check";

/** How many times as many schedules as in the ordinary suite: `npm run test:fault` asks for more. */
const factor = Number(process.env["FAULT_RUNS"] ?? 1);
/** Whether everything is tried that can be: not so in the ordinary suite. */
export const thorough = factor > 1;
const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 2 ** 31);

/** Settings of a property: the seed is new each time, and printed; `FAULT_SEED` repeats one. */
export function longRuns<T>(numRuns: number): Parameters<T> {
  return { numRuns: numRuns * factor, seed };
}
