import type { Parameters } from "fast-check";

/** How many times as many schedules as in the ordinary suite: `npm run test:fault` asks for more. */
export const factor = Number(process.env["FAULT_RUNS"] ?? 1);
/** Whether everything is tried that can be: not so in the ordinary suite. */
export const thorough = factor > 1;
/** New each time, and printed; `TENANTRY_SEED` repeats a run. */
export const seed = Number(process.env["TENANTRY_SEED"] ?? Date.now() % 2 ** 31);

/** Settings of a property. */
export function longRuns<T>(numRuns: number): Parameters<T> {
  return { numRuns: numRuns * factor, seed };
}
