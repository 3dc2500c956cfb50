import { type Backoff, backoffMs } from "../domain/backoff.ts";

const BUSY: Backoff = { baseMs: 1_000, capMs: 60_000 };

/**
 * Pause before another try where a cluster has no free slot, milliseconds.
 * @param handBacks times in a row that the work was handed back before
 * @param random in [0, 1)
 */
export const busyPauseMs = (handBacks: number, random: number): number => backoffMs(BUSY, handBacks, random);
