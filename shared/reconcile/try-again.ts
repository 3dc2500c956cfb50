import { clip } from "../domain/clip.ts";
import type { Platform } from "../domain/platform.ts";
import type { Failure, Status, Timers, Timestamp } from "../domain/tenant.ts";
import type { Outcome } from "./decide.ts";

export interface At {
  now: Timestamp;
  /** In [0, 1). */
  random: number;
  platform: Platform;
}

/** What is not done yet: the failure that it is, what it waits for outside, and when it is tried again. Pure. */
export function tryAgain(
  { failure, waiting: before }: Status,
  outcome: Outcome,
  at: At,
): { failure?: Failure | undefined; waiting?: Status["waiting"]; timers: Timers } {
  const later = (ms: number): Timestamp => new Date(Date.parse(at.now) + Math.ceil(ms)).toISOString();
  if (outcome.kind === "requeue") return { timers: { work: later(outcome.afterMs) } };
  if (outcome.kind === "failed") {
    const next = failureOf(failure, outcome, at);
    // A hiccup in the middle of a wait does not begin it anew.
    return { failure: next, waiting: before, timers: { retry: later(retryMs(next, at)) } };
  }
  if (outcome.kind !== "waiting") return { timers: {} };
  const { retry } = at.platform;
  const { reason, message } = outcome;
  const waiting = before?.reason === reason ? before : { reason, since: at.now };
  const waitedMs = Date.parse(at.now) - Date.parse(waiting.since);
  // A quarter of the time waited: what comes soon is seen soon.
  const pauseMs = Math.max(outcome.afterMs, Math.min(retry.capMs, waitedMs / 4));
  if (waitedMs < retry.waitMs) return { waiting, timers: { work: later(pauseMs) } };
  // A wait that lasts too long is a failure, so that somebody hears of it.
  const next = failureOf(failure, { reason, message, blocked: false }, at);
  return { failure: next, waiting, timers: { retry: later(Math.max(pauseMs, retryMs(next, at))) } };
}

function failureOf(
  before: Failure | undefined,
  { reason, message, blocked }: Pick<Failure, "reason" | "message" | "blocked">,
  { now, platform }: At,
): Failure {
  const since = before?.since ?? now;
  const old = Date.parse(now) - Date.parse(since) >= platform.retry.blockedAfterMs;
  return { reason: clip(reason), message: clip(message), count: (before?.count ?? 0) + 1, since, blocked: blocked || old };
}

/** Pause before the next try. One that needs a person: a random half of it, so that what an outage blocked together comes back spread. */
function retryMs({ blocked, count }: Failure, { random, platform: { retry } }: At): number {
  if (blocked) return retry.blockedMs * (0.5 + 0.5 * random);
  // Exponential with full jitter; the floor keeps a low draw from spinning.
  const ceiling = Math.min(retry.capMs, retry.baseMs * 2 ** Math.min(count - 1, 30));
  return Math.max(retry.baseMs / 4, random * ceiling);
}
