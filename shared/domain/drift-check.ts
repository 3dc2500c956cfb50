import type { Cluster } from "./cluster.ts";
import type { Timestamp } from "./tenant.ts";

const instantAfter = (at: Timestamp, ms: number): Timestamp => new Date(Date.parse(at) + ms).toISOString();

/** What a check has counted, over all its invocations. */
export interface DriftCounts {
  namespaces: number;
  /** Tenants at rest that were compared. */
  judged: number;
  /** Tenants that are being worked on or paused, and left alone. */
  underWay: number;
  /** Tenants for which something was recorded. */
  drifted: number;
  /** Tenants of whom more is amiss than one check takes up. */
  more: number;
  /** Tenants and namespaces that could not be checked or put right. */
  failed: number;
  /** Managed namespaces without a live record here, and those of them that were deleted. */
  orphans: number;
  removed: number;
}

export const noCounts = (): DriftCounts => ({
  namespaces: 0,
  judged: 0,
  underWay: 0,
  drifted: 0,
  more: 0,
  failed: 0,
  orphans: 0,
  removed: 0,
});

/** One of those that failed, as an example. */
export interface DriftFailure {
  namespace: string;
  reason: string;
}

/** A managed namespace without a live record. */
export interface Orphan {
  name: string;
  uid: string;
  resourceVersion: string;
}

/** Where a check goes on: behind a namespace, with the page of each list that is at hand then. */
export interface DriftPosition {
  after: string;
  pages: Record<string, string>;
}

/** How far a check came: some 10 kB, and 150 bytes for each unknown namespace. */
export interface DriftProgress extends DriftPosition {
  counts: DriftCounts;
  /** The first that failed. */
  failures: DriftFailure[];
  /** Namespaces of which the table knows nothing, kept until the end: one more than may be deleted, at most. */
  unknown: Orphan[];
}

/** How a check ended; `Incomplete` where something failed, or one check was not enough for all. */
export interface DriftResult {
  startedAt: Timestamp;
  finishedAt: Timestamp;
  outcome: "Complete" | "Incomplete" | "Failed";
  /** Why it failed. */
  reason?: string | undefined;
  counts: DriftCounts;
  failures: DriftFailure[];
}

/** A check under way, over as many invocations as it takes. */
export interface DriftRun {
  startedAt: Timestamp;
  /** Invocations that began since it last came forward. */
  tries: number;
  /** Why the last of them did not come forward. */
  reason?: string | undefined;
  progress?: DriftProgress | undefined;
}

/** The checks of a cluster: the one under way or the next, and the last. */
export interface DriftCheck {
  cluster: string;
  /** `createdAt` of the cluster: of one that is registered anew, nothing is known. */
  registeredAt: Timestamp;
  /** Grows with every write. */
  version: number;
  /** When there is something to do: begin, go on, or see after an invocation that did not come back. */
  dueAt: Timestamp;
  /** When a check was asked for that has not begun. */
  requestedAt?: Timestamp | undefined;
  run?: DriftRun | undefined;
  last?: DriftResult | undefined;
  /** When a check last ended `Complete`. */
  completeAt?: Timestamp | undefined;
}

/** Invocations of one check that may end without coming forward. */
const MOST_TRIES = 5;
/** First pause after a failure, milliseconds; each further one is twice as long. */
const RETRY_MS = 30_000;
/** How long a message that was claimed or sent at once has before it counts as lost, milliseconds. */
const CLAIM_MS = 5 * 60_000;
const SENT_MS = 60_000;
/** Pause before the next check where one was not enough for all that is amiss: its repairs are done by then. Milliseconds. */
const AGAIN_MS = 60_000;

/** The first check of a cluster is due an interval after its registration, which looked at it. */
export const firstCheck = ({ name, createdAt }: Pick<Cluster, "name" | "createdAt">, intervalMs: number): DriftCheck => ({
  cluster: name,
  registeredAt: createdAt,
  version: 0,
  dueAt: instantAfter(createdAt, intervalMs),
});

/** Seconds since every tenant of the cluster was last compared. */
export const uncheckedSeconds = ({ completeAt, registeredAt }: DriftCheck, now: Timestamp): number =>
  Math.max(0, (Date.parse(now) - Date.parse(completeAt ?? registeredAt)) / 1_000);

/** Whoever finds it due and sends a message claims it first, so that it is sent once; `undefined` where another was faster. */
export const claimed = (check: DriftCheck, dueAt: Timestamp, now: Timestamp): DriftCheck | undefined =>
  check.dueAt === dueAt ? { ...check, dueAt: instantAfter(now, CLAIM_MS) } : undefined;

/** Asks for a check that begins from now on: after the one under way. */
export const requested = (check: DriftCheck, now: Timestamp): DriftCheck => ({
  ...check,
  requestedAt: now,
  dueAt: check.run === undefined ? instantAfter(now, SENT_MS) : check.dueAt,
});

/** An invocation begins for the due time that its message names, and has the check until `until`; `undefined` where the message is void. */
export function begun(check: DriftCheck, dueAt: Timestamp, until: Timestamp, now: Timestamp): (DriftCheck & { run: DriftRun }) | undefined {
  if (check.dueAt !== dueAt) return undefined;
  const { run, requestedAt, ...rest } = check;
  if (run === undefined) return { ...rest, dueAt: until, run: { startedAt: now, tries: 1 } };
  return { ...check, dueAt: until, run: { ...run, tries: run.tries + 1 } };
}

/** The check came forward, and is to go on; `undefined` where the invocation lost it (as in the next ones). */
export const advanced = (check: DriftCheck, until: Timestamp, progress: DriftProgress, now: Timestamp): DriftCheck | undefined =>
  check.run === undefined || check.dueAt !== until
    ? undefined
    : { ...check, dueAt: instantAfter(now, SENT_MS), run: { startedAt: check.run.startedAt, tries: 0, progress } };

/** The check is at its end. */
export function finished(
  check: DriftCheck,
  until: Timestamp,
  { counts, failures }: Pick<DriftResult, "counts" | "failures">,
  now: Timestamp,
  intervalMs: number,
): DriftCheck | undefined {
  const outcome = counts.failed > 0 || counts.more > 0 ? "Incomplete" : "Complete";
  return ended(check, until, { outcome, counts, failures }, now, counts.more > 0 ? AGAIN_MS : intervalMs);
}

/** The invocation failed: it is tried again after growing pauses, and at last the check has failed. */
export function failed(check: DriftCheck, until: Timestamp, reason: string, now: Timestamp, intervalMs: number): DriftCheck | undefined {
  const { run } = check;
  if (run === undefined || check.dueAt !== until) return undefined;
  if (run.tries < MOST_TRIES) return { ...check, dueAt: instantAfter(now, RETRY_MS * 2 ** (run.tries - 1)), run: { ...run, reason } };
  const { counts = noCounts(), failures = [] } = run.progress ?? {};
  return ended(check, until, { outcome: "Failed", reason, counts, failures }, now, intervalMs);
}

/** Whether invocations ended again and again without a word: another is no use. */
export const isHopeless = ({ tries }: DriftRun): boolean => tries > MOST_TRIES;

/** Of what did not come forward at once, less is tried at once: in the end one namespace alone. */
export const batchAfter = ({ tries }: DriftRun, most: number): number => Math.max(1, most >> (2 * (tries - 1)));

function ended(
  { run, ...check }: DriftCheck,
  until: Timestamp,
  result: Omit<DriftResult, "startedAt" | "finishedAt">,
  now: Timestamp,
  pauseMs: number,
): DriftCheck | undefined {
  if (run === undefined || check.dueAt !== until) return undefined;
  return {
    ...check,
    dueAt: check.requestedAt === undefined ? instantAfter(now, pauseMs) : now,
    last: { startedAt: run.startedAt, finishedAt: now, ...result },
    ...(result.outcome === "Complete" && { completeAt: now }),
  };
}
