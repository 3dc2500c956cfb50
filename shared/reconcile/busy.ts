/** First and longest pause before another try where a cluster has no free slot, milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Pause before another try where a cluster has no free slot, milliseconds: doubled each time, a random half of it, so that what was
 * handed back together does not come back together.
 * @param handBacks times in a row that the work was handed back before
 * @param random in [0, 1)
 */
export function busyPauseMs(handBacks: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(handBacks, 16)) * (0.5 + 0.5 * random);
}
