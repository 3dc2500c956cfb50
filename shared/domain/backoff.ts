/** First and longest pause, milliseconds. */
export interface Backoff {
  baseMs: number;
  capMs: number;
}

/**
 * A pause that doubles each time, milliseconds. Half of it is random, so that what failed together does not come back together.
 * @param count pauses before this one
 * @param random in [0, 1)
 */
export function backoffMs({ baseMs, capMs }: Backoff, count: number, random: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(count, 30)) * (0.5 + 0.5 * random);
}
