const MINUTE_MS = 60_000;

/**
 * How far a message's time may be from ours, milliseconds. Where the provider dates each delivery it is 5 minutes both ways.
 * Where it dates only the event, a late retry carries the old time: a day back, which is well within the time that ids are
 * remembered (30 days), so that a replay is refused by its id.
 */
export const windows = {
  delivery: { pastMs: 5 * MINUTE_MS, futureMs: 5 * MINUTE_MS },
  event: { pastMs: 24 * 60 * MINUTE_MS, futureMs: 5 * MINUTE_MS },
} as const;

/** Whether `time` (epoch milliseconds) is within the window; what is no number is not. */
export function isTimely(time: number, now: Date, window: (typeof windows)[keyof typeof windows]): boolean {
  const age = now.getTime() - time;
  return age <= window.pastMs && age >= -window.futureMs;
}
