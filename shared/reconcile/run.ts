import type { Lease, Timestamp } from "../domain/tenant.ts";

/**
 * One invocation's right to work, and the lease that it takes.
 *
 *     t0 ───────────── work ─────────────┐ stopAt      functionEnd          lease.until     due
 *      │ lease taken, due set past it    │  │ requests aborted, │ the platform   │               │
 *      │ in the same write               │  │ lease given back, │ kills the      │ another may   │ the sweep
 *      │                                 │  │ due := now        │ process        │ take it       │ claims it
 *      └─ finish clears or moves the due ┘  └───────────────────┴── request ─────┴── + 1 s ──────┘
 *                                                                   timeout
 *                                                                   + 5 s skew
 *
 * Why it holds: work ends by `stopAt`, else with the process at `functionEnd`; a request that was on the wire then is
 * answered or dead within the request timeout; clocks differ by less than the skew. So when the lease can be taken,
 * nothing of its last owner is left. A process frozen past that cannot finish (the record's lease is another's) nor
 * undo (admission refuses its older generation; its namespace carries a uid and cannot come back).
 * A crash at any point leaves lease and due in the record, and is only a delay.
 */
export interface Run {
  owner: string;
  leaseUntil: Timestamp;
  /** Due time while the lease is held. */
  dueAt: Timestamp;
  /** Aborts at `stopAt`. */
  signal: AbortSignal;
  /** Times in a row that the work was handed back, as the cluster had no free slot. */
  handBacks?: number | undefined;
}

/** Clock skew between two functions that a lease allows for, milliseconds. */
export const CLOCK_SKEW_MS = 5_000;
/** From the end of the lease to the due time, milliseconds. */
const DUE_SLACK_MS = 1_000;
/** Kept from the function's time for giving back the lease and answering, milliseconds. */
export const SETTLE_MS = 3_000;

/**
 * Starts a run that stops working after `workMs` or `SETTLE_MS` before the function's end, whichever is first.
 * `remainingMs`: the function's own remaining time; `requestTimeoutMs`: the longest single request.
 */
export function startRun(options: {
  owner: string;
  now: Date;
  remainingMs: number;
  requestTimeoutMs: number;
  workMs?: number | undefined;
}): Run {
  const now = options.now.getTime();
  const leaseUntil = now + options.remainingMs + options.requestTimeoutMs + CLOCK_SKEW_MS;
  const workMs = Math.max(0, Math.min(options.remainingMs - SETTLE_MS, options.workMs ?? Number.POSITIVE_INFINITY));
  return {
    owner: options.owner,
    leaseUntil: new Date(leaseUntil).toISOString(),
    dueAt: new Date(leaseUntil + DUE_SLACK_MS).toISOString(),
    signal: AbortSignal.timeout(workMs),
  };
}

/** The lease of a run. */
export const leaseOf = (run: Run): Lease => ({ owner: run.owner, until: run.leaseUntil });
