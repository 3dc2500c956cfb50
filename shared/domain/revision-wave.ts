import type { Cluster } from "./cluster.ts";
import type { Phase, Timestamp } from "./tenant.ts";

/** A tenant as the list index tells it (maybe stale). */
export interface RevisionEntry {
  tenantId: string;
  phase: Phase;
  cluster?: string | undefined;
  appliedRevision?: string | undefined;
  revisionAsked?: RevisionAsked | undefined;
  paused?: boolean | undefined;
}

/** By which wave, and when, a tenant was last made due. */
export interface RevisionAsked {
  target: string;
  at: Timestamp;
}

/**
 * Where a tenant stands towards the revision of its cluster.
 * `waiting`: a wave has to make it due; `underWay`: it converges by itself; `failed`: it is retried by itself, or blocked;
 * `paused`: it, or its cluster; `away`: placed nowhere, or on its way out, so that there is nothing to bring up to date.
 */
export type RevisionStanding = "current" | "waiting" | "underWay" | "failed" | "paused" | "away";

/** Tenants by standing, and those of them that the wave made due. */
export type WaveTally = Record<Exclude<RevisionStanding, "away">, number> & { asked: number; askedFailed: number };

/** A shard of the list: how far its present pass is (`after` the id), what it counted, and whether a whole pass found nothing to do. */
export interface WaveShard {
  after?: string | undefined;
  clean: boolean;
  done: boolean;
  tally: WaveTally;
}

/** The one wave there is, or the last: one item. */
export interface RevisionWave {
  target: string;
  status: "running" | "stopped" | "done";
  /** Why it is stopped. */
  reason?: string | undefined;
  startedAt: Timestamp;
  updatedAt: Timestamp;
  /** Failures that a person has looked at, when the wave was resumed. */
  forgiven: number;
  shards: WaveShard[];
  /** Grows with every write: two never write over each other. */
  version: number;
}

/** What every tenant should be at: each cluster's revision, and one name for them all, which a wave is for. */
export interface RevisionTarget {
  target: string;
  clusters: ReadonlyMap<string, { revision: string; paused: boolean }>;
}

/** How long a tenant that was made due counts as under way, milliseconds: then it is made due again. */
const ASKED_MS = 10 * 60_000;

export const noTally = (): WaveTally => ({ current: 0, waiting: 0, underWay: 0, failed: 0, paused: 0, asked: 0, askedFailed: 0 });

const resting: Phase[] = ["Ready", "Suspended", "Hibernated"];

export function revisionStandingOf(entry: RevisionEntry, { target, clusters }: RevisionTarget, now: Date): RevisionStanding {
  const cluster = entry.cluster === undefined ? undefined : clusters.get(entry.cluster);
  if (cluster === undefined || entry.phase === "Deleted" || entry.phase === "Deleting") return "away";
  if (entry.appliedRevision === cluster.revision) return "current";
  if (entry.paused === true || cluster.paused) return "paused";
  if (entry.phase === "Failed" || entry.phase === "Blocked") return "failed";
  const asked = entry.revisionAsked;
  if (asked?.target === target && now.getTime() - Date.parse(asked.at) < ASKED_MS) return "underWay";
  return resting.includes(entry.phase) ? "waiting" : "underWay";
}

/** Counts an entry. */
export function count(tally: WaveTally, entry: RevisionEntry, standing: RevisionStanding, { target }: RevisionTarget): void {
  if (standing === "away") return;
  tally[standing] += 1;
  if (entry.revisionAsked?.target !== target) return;
  tally.asked += 1;
  if (standing === "failed") tally.askedFailed += 1;
}

export function sumOf(tallies: WaveTally[]): WaveTally {
  const sum = noTally();
  for (const tally of tallies) for (const [name, value] of Object.entries(tally)) sum[name as keyof WaveTally] += value;
  return sum;
}

/** A wave for a target, before its first tick. */
export function newWave(target: string, shards: number, now: Timestamp, version: number): RevisionWave {
  const shard = (): WaveShard => ({ clean: true, done: false, tally: noTally() });
  return { target, status: "running", startedAt: now, updatedAt: now, forgiven: 0, shards: Array.from({ length: shards }, shard), version };
}

/** Whether more of a wave failed than may: judged on those that it made due. */
export function failsTooOften({ asked, askedFailed }: WaveTally, forgiven: number, failureShare: number): boolean {
  return asked > 0 && (askedFailed - forgiven) / asked > failureShare;
}

/** The parts of a cluster that shape what its tenants get, or whether they may get it now. */
export const shapeOf = ({ name, capabilities, access, paused }: Cluster) => ({
  name,
  capabilities,
  usernamePrefix: access?.usernamePrefix,
  paused: paused === true,
});
