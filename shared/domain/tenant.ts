import type { QuotaOverride } from "./platform.ts";
import type { RevisionAsked } from "./revision-wave.ts";
import type { SbtCause } from "./sbt.ts";

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
  /** Access cut, network closed, workloads at zero; the record and the data stay. */
  suspended?: boolean | undefined;
  /** Intent is recorded, and nothing is applied. */
  paused?: boolean | undefined;
  /** Decommission although finalizers hold the namespace: they are passed over. */
  force?: boolean | undefined;
  /** Take over a namespace of the tenant's name that somebody else made. */
  adopt?: boolean | undefined;
  /** Decommission although the cluster is gone from the registry: nothing is proved there. */
  forgetCluster?: boolean | undefined;
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

/** A workload that was put to sleep, as it was before: kept in the table, an item each, out of the tenant's reach. */
export interface SleepingWorkload {
  kind: "Deployment" | "StatefulSet" | "CronJob";
  name: string;
  uid: string;
  /** Replicas to wake to; absent for a CronJob, which wakes to not suspended. */
  replicas?: number | undefined;
}

/** Why the last reconcile did not finish. */
export interface Failure {
  reason: string;
  message: string;
  /** Tries in a row. */
  count: number;
  since: Timestamp;
  /** Needs a person; looked at again hourly. */
  blocked: boolean;
}

/** What a decommission proved, kept in the tombstone. */
export interface DecommissionProof {
  cluster: string | null;
  namespace: string;
  namespaceUid: string | null;
  /** When no namespace of the tenant's was seen: 404, or one of that name that never was the tenant's; `null` where the cluster was forgotten unseen. */
  namespaceAbsentAt: Timestamp | null;
  /** Cluster-scoped objects with the tenant's label. */
  clusterScoped: {
    found: number;
    /** Kinds that were listed, by discovery. */
    kindsChecked: number;
    /** Kinds that the provisioner may not list: the first 200. */
    kindsUnchecked: string[];
  };
  /** Identity mappings of the tenant's grants that are left in the cluster: more than 0 only where it was forgotten. */
  identityMappings: number;
}

/** An object in the tenant's namespace that is not ours and may widen access. */
export interface ForeignObject {
  /** `kind/name`. */
  object: string;
  uid: string;
}

/** What is known not to stand, as a drift check found: the next round takes it for not applied, and so applies it again. */
export interface Repair {
  /** Keys (`kind/name`) of objects that the record knows; `all` where the namespace was lost. */
  objects: string[] | "all";
  /** All grants are brought to the cluster again, too: more than `pendingGrants` can name are not there. */
  allGrants: boolean;
  /** Foreign objects that stand now; absent where nobody looked. */
  foreign?: ForeignObject[] | undefined;
}

/** What convergence did: written by reconciles alone, in the lease that they hold. */
export interface Status {
  observedGeneration: number;
  conditions: Condition[];
  namespaceUid?: string | undefined;
  appliedRevision?: string | undefined;
  /** Hash of each object as last applied, by `kind/name`. */
  applied: Record<string, string>;
  /** The `resourceVersion` at which an object stood just as it was last applied, by `kind/name`: still at it, nobody changed it. */
  versions?: Record<string, string> | undefined;
  /** Foreign objects that the last drift check left there, and told of. */
  foreign?: ForeignObject[] | undefined;
  readyAt?: Timestamp | undefined;
  /** How many workloads are kept as sleeping; absent when all is awake. */
  sleepers?: number | undefined;
  /** The `expiresAt` that `TenantExpiring` was said for. */
  expiringTold?: Timestamp | undefined;
  /** The slot among the namespaces that the cluster deletes at once. */
  deletionSlot?: number | undefined;
  /** How far the bindings of all grants follow what shapes them; absent where nothing is known of them. */
  grants?: GrantsStatus | undefined;
  failure?: Failure | undefined;
  /** What outside it waits for, and since when: also after that became a failure. */
  waiting?: { reason: string; since: Timestamp } | undefined;
  deletedAt?: Timestamp | undefined;
  proof?: DecommissionProof | undefined;
}

/** `stands`: what shaped all bindings that stand. `pass`: what a pass over them, page by page, is bringing them to. */
export type GrantsStatus = { stands: string } | { pass: string; after?: string | undefined };

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
  /** Asked by the SaaS Builder Toolkit, which waits for its own answer. */
  sbt?: SbtCause | undefined;
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
  /** Epoch seconds at which the last of its events is forgotten: the record, as a tombstone, outlives that. */
  eventsUntil?: number | undefined;
  /** The cluster, once placed. Recorded before anything is applied there. */
  cluster?: string | undefined;
  status: Status;
  announcements: Announcement[];
  /** What is to be brought again, until a round has taken it up. */
  repair?: Repair | undefined;
  /** Whether it has, or had, grants: without any, nobody looks for them. */
  hasGrants?: boolean | undefined;
  /** Grants (`grantId`) that the next rounds bring to the cluster; at most `PENDING_GRANTS` (`shared/domain/grant-intent.ts`). */
  pendingGrants?: string[] | undefined;
  /** When the decommission of an earlier tenant of this id was asked for: what is older than that was not for this one. */
  formerUntil?: Timestamp | undefined;
  /** The wave of revisions that made it due last. */
  revisionAsked?: RevisionAsked | undefined;
  timers: Timers;
  /** The earliest timer; absent when nothing is due. */
  dueAt?: Timestamp | undefined;
  /** Since when work is due that nobody has done yet. Claims and leases move `dueAt`, and not this; absent before the first of them. */
  dueSince?: Timestamp | undefined;
  lease?: Lease | undefined;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  /** Epoch seconds at which a tombstone goes (DynamoDB TTL). */
  ttl?: number | undefined;
}

/** The namespace of a tenant. */
export const namespaceOf = (tenantId: string): string => `tenant-${tenantId}`;

/** Whether the tenant's workloads should sleep. */
export const isAsleep = ({ desired }: Pick<Tenant, "desired">): boolean => desired.suspended === true;

/** The due time that a set of timers makes. */
export function earliest(timers: Timers): Timestamp | undefined {
  return Object.values(timers).sort()[0];
}

/** Since when a tenant has waited, at `now`, for work that is due; `undefined` where none is. */
export function waitingSince({ dueAt, dueSince }: Pick<Tenant, "dueAt" | "dueSince">, now: Timestamp): Timestamp | undefined {
  return dueSince ?? (dueAt !== undefined && dueAt <= now ? dueAt : undefined);
}
