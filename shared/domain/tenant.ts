import type { QuotaOverride } from "./platform.ts";

/** Times are RFC 3339 UTC with milliseconds, so that they sort as text. */
export type Timestamp = string;

export type Isolation = "namespace" | "cluster" | "hybrid";
export type TargetState = "Active" | "Deleted";

/** What somebody asked for: the intent. */
export interface Desired {
  state: TargetState;
  name: string;
  tier: string;
  isolation: Isolation;
  labels: Record<string, string>;
  /** Labels that the tenant's cluster must carry. */
  requirements: Record<string, string>;
  owner?: string | undefined;
  expiresAt?: Timestamp | undefined;
  quota?: QuotaOverride | undefined;
}
export type DesiredField = keyof Desired;

export type ConditionType = "Placed" | "Isolated" | "QuotaApplied" | "AccessApplied" | "Monitored" | "Ready";

/** A condition in the Kubernetes sense. */
export interface Condition {
  type: ConditionType;
  status: "True" | "False" | "Unknown";
  /** CamelCase, for machines. */
  reason: string;
  /** For people: which step stands still, and why. */
  message: string;
  lastTransitionTime: Timestamp;
  observedGeneration: number;
}

export type Phase =
  | "Provisioning"
  | "Ready"
  | "Updating"
  | "Suspended"
  | "Hibernated"
  | "Waking"
  | "Deleting"
  | "Deleted"
  | "Failed"
  | "Blocked";

/** Why the last reconcile did not finish. */
export interface Failure {
  reason: string;
  message: string;
  /** Tries in a row. */
  count: number;
  since: Timestamp;
  /** Needs a person; looked at again daily. */
  blocked: boolean;
}

/** What a decommission proved, kept in the tombstone. */
export interface DecommissionProof {
  cluster: string | null;
  namespace: string;
  namespaceUid: string | null;
  namespaceAbsentAt: Timestamp;
}

/** What convergence did: written by `finish` alone. */
export interface Status {
  observedGeneration: number;
  conditions: Condition[];
  namespaceUid?: string | undefined;
  appliedRevision?: string | undefined;
  /** Hash of each object as last applied, by `kind/name`. */
  applied: Record<string, string>;
  readyAt?: Timestamp | undefined;
  failure?: Failure | undefined;
  deletedAt?: Timestamp | undefined;
  proof?: DecommissionProof | undefined;
}

export interface Lease {
  owner: string;
  until: Timestamp;
}

/** Timers that a tenant can have; the earliest is its due time. */
export type TimerName = "work" | "retry" | "expiry";
export type Timers = Partial<Record<TimerName, Timestamp>>;

/** Who asked, and in which conversation: goes into every event that follows. */
export interface Cause {
  actor: string;
  correlationId: string;
  causationId: string;
}

/** An event to publish once the generation that asked for it is converged. */
export interface Announcement {
  type: string;
  generation: number;
  cause: Cause;
  /** What the event says besides what the record then tells. */
  data?: Record<string, unknown> | undefined;
}

/** The record: one item. Everything else is convergence towards `desired`. */
export interface Tenant {
  tenantId: string;
  desired: Desired;
  /** When each field's present value was asked for: the highest `occurredAt` wins. */
  desiredAt: Partial<Record<DesiredField, Timestamp>>;
  /** Hash of the onboarding's body: tells a repeat from a conflict. */
  onboardedAs: string;
  /** Who asked for the present generation. */
  cause: Cause;
  /** Grows with every change of intent; never falls, not even over a tombstone. */
  generation: number;
  /** Sequence of the last outbox event. */
  sequence: number;
  /** The cluster, once placed. Recorded before anything is applied there. */
  cluster?: string | undefined;
  status: Status;
  announcements: Announcement[];
  timers: Timers;
  /** The earliest timer; absent when nothing is due. */
  dueAt?: Timestamp | undefined;
  lease?: Lease | undefined;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  /** Epoch seconds at which a tombstone goes (DynamoDB TTL). */
  ttl?: number | undefined;
}

/** The namespace of a tenant. */
export const namespaceOf = (tenantId: string): string => `tenant-${tenantId}`;

/** The due time that a set of timers makes. */
export function earliest(timers: Timers): Timestamp | undefined {
  return Object.values(timers).sort()[0];
}
