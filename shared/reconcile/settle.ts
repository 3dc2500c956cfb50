import type { Cluster } from "../domain/cluster.ts";
import { appliedGrant } from "../domain/grant-intent.ts";
import { type Said, ttlAfter } from "../domain/outbox.ts";
import { type DecommissionProof, earliest, namespaceOf, type Status, type Tenant, type Timestamp } from "../domain/tenant.ts";
import { conditionOf, isGrantKey, revisionOn } from "../manifests/index.ts";
import type { ClusterError, ClusterScopedFind, GrantWrite } from "../ports.ts";
import { announced, trouble } from "./announced.ts";
import { conditionsOf } from "./conditions.ts";
import { ABSENT, type Outcome } from "./decide.ts";
import type { GrantsBrought } from "./grants.ts";
import { expiryNotice, expiryTimer } from "./expiry.ts";
import type { NamespaceSeen } from "./observe.ts";
import type { Performed } from "./perform.ts";
import { type At, tryAgain } from "./try-again.ts";
import { WORKLOADS } from "./workloads.ts";

/** What one round of a reconcile came to. */
export interface Round {
  cluster: Cluster | undefined;
  unplaced?: { reason: string; message: string } | undefined;
  namespace: NamespaceSeen;
  /** Keys and kinds of the objects wanted. */
  wanted: { key: string; kind: string }[];
  performed: Performed;
  /** Grants that were brought to the cluster. */
  grants?: Pick<GrantsBrought, "pending" | "left" | "status"> | undefined;
  /** On the way out: what was found outside the namespace. */
  leftovers?: ClusterScopedFind | undefined;
  /** On the way out: identity mappings that are left. */
  mappings?: number | undefined;
  outcome: Outcome;
}

/** The record after a round, what is to be said of it, and the grants that the cluster now follows. Pure. */
export function settle(tenant: Tenant, round: Round, at: At): { after: Tenant; said: Said[]; grants: GrantWrite[] } {
  const { outcome } = round;
  const done = outcome.kind === "done";
  const { failure, waiting, timers: again } = tryAgain(tenant.status, outcome, at);
  const deleted = done && tenant.desired.state === "Deleted";
  const notice = deleted ? [] : expiryNotice(tenant, at.now, at.platform);
  const status: Status = {
    ...progress(tenant, round),
    ...(round.grants !== undefined && { grants: round.grants.status }),
    ...(done && { observedGeneration: tenant.generation, appliedRevision: round.cluster && revisionOn(at.platform, round.cluster) }),
    ...(done && !deleted && { readyAt: tenant.status.readyAt ?? at.now }),
    failure,
    waiting,
    ...(notice.length > 0 && { expiringTold: tenant.desired.expiresAt }),
    ...(deleted && tombstone(tenant, round, at.now)),
  };
  const timers =
    deleted || outcome.kind === "paused"
      ? {}
      : {
          ...again,
          ...expiryTimer({ ...tenant, status }, at.platform),
        };
  const conditions = conditionsOf({ ...tenant, status }, factsOf(tenant, round, status, deleted), at.now);
  const after: Tenant = {
    ...tenant,
    generation: outcome.kind === "requeue" && outcome.above !== undefined ? outcome.above + 1 : tenant.generation,
    status: { ...status, conditions },
    announcements: done ? [] : tenant.announcements,
    // The status that this round began with is without what was found not to stand.
    repair: undefined,
    pendingGrants: deleted ? undefined : pendingAfter(tenant, round),
    hasGrants: deleted ? undefined : tenant.hasGrants,
    timers,
    dueAt: earliest(timers),
    dueSince: undefined,
    lease: undefined,
    updatedAt: at.now,
    ttl: deleted ? tombstoneUntil(tenant, at) : undefined,
  };
  const pending = round.grants?.pending ?? [];
  return {
    after,
    said: [...announced(tenant, after, pending, done, at), ...trouble(tenant, after, timers), ...notice],
    grants: pending.map((grant) => ({ before: grant, after: appliedGrant(grant, at.now, at.platform.retentionDays.tombstone) })),
  };
}

function pendingAfter({ pendingGrants }: Tenant, { grants }: Round): string[] | undefined {
  const left = grants?.left ?? pendingGrants ?? [];
  return left.length > 0 ? left : undefined;
}

/** What the cluster now has, as far as the record tells. */
export function progress(tenant: Tenant, { namespace, performed, grants }: Pick<Round, "namespace" | "performed" | "grants">): Status {
  const { status } = tenant;
  if (namespaceLost(tenant, performed)) return { ...status, namespaceUid: undefined, applied: {}, versions: undefined, grants: undefined };
  const before: Pick<Status, "applied" | "versions"> = namespace === "unread" ? status : { applied: {} };
  const { [WORKLOADS]: asleep, ...objects } = before.applied;
  const untouched = Object.entries(before.versions ?? {}).filter(([key]) => performed.applied[key] === undefined);
  const known = performed.awake === true || asleep === undefined ? objects : { ...objects, [WORKLOADS]: asleep };
  // One that is to be adopted is somebody else's until the cluster took the first apply.
  const seenUid = typeof namespace === "object" && namespace.ours ? namespace.uid : undefined;
  // What is on its way out is proved by the uid that it had.
  const lost = namespace === "absent" && tenant.desired.state === "Active";
  const namespaceUid = performed.namespaceUid ?? seenUid ?? (lost ? undefined : status.namespaceUid);
  return {
    ...status,
    namespaceUid,
    applied: { ...known, ...ofTheTenantItself(performed.applied) },
    versions: { ...Object.fromEntries(untouched), ...ofTheTenantItself(performed.versions) },
    sleepers: performed.awake === true ? undefined : status.sleepers,
    deletionSlot: performed.deletionSlot ?? status.deletionSlot,
    // Of grants whose change it brought, nothing is known before they are marked, too, and of those refused before they are named.
    grants: grants !== undefined && tellsAll(grants, tenant) ? grants.status : (performed.grants ?? status.grants),
  };
}

const tellsAll = ({ pending, left }: NonNullable<Round["grants"]>, { pendingGrants = [] }: Tenant): boolean =>
  pending.length === 0 && left.every((id) => pendingGrants.includes(id));

/** Grants may be thousands: their bindings are not kept in the record. */
const ofTheTenantItself = (byKey: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(byKey).filter(([key]) => !isGrantKey(key)));

/**
 * The namespace that the record knows is gone, or is another: its uid no longer fits. A decommission looks for that one to its end: only a
 * look at the namespace tells it that it is gone.
 */
export function namespaceLost({ desired }: Pick<Tenant, "desired">, { errors }: Performed): boolean {
  if (desired.state === "Deleted") return false;
  return Object.entries(errors).some(
    ([key, error]) => (key.startsWith("Namespace/") && isOfAnotherUid(error)) || isNamespaceNotFound(error),
  );
}

/** An apply with a uid is 409 where nothing has the name, and 422 where another object has. */
const isOfAnotherUid = (error: ClusterError): boolean =>
  error.status === 409 || (error.status === 422 && error.message.includes("metadata.uid"));

const isNamespaceNotFound = (error: ClusterError): boolean => error.status === 404 && /^namespaces? /.test(error.message);

/** Days for which the table may still have an item whose time to live is over. */
const TTL_DELAY_DAYS = 7;

/**
 * When a tombstone goes, epoch seconds. It outlives the tenant's events, so that an id that comes back goes on in their
 * sequence: those said now, and those written while the audit trail was kept for longer.
 */
function tombstoneUntil({ eventsUntil = 0 }: Tenant, { now, platform: { retentionDays } }: At): number {
  const lastEvent = Math.max(eventsUntil, ttlAfter(now, retentionDays.audit));
  return Math.max(ttlAfter(now, retentionDays.tombstone), lastEvent + TTL_DELAY_DAYS * 86_400);
}

/** Kinds that a proof names as not checked, at the most: a cluster may serve thousands. */
const UNCHECKED_KINDS = 200;

/** What is left of a decommissioned tenant. */
function tombstone(tenant: Tenant, { cluster, namespace, leftovers, mappings = 0 }: Round, now: Timestamp): Partial<Status> {
  const seenUid = typeof namespace === "object" && namespace.ours ? namespace.uid : null;
  const forgotten = cluster === undefined && tenant.cluster !== undefined;
  const proof: DecommissionProof = {
    cluster: tenant.cluster ?? null,
    namespace: namespaceOf(tenant.tenantId),
    namespaceUid: tenant.status.namespaceUid ?? seenUid,
    namespaceAbsentAt: forgotten ? null : now,
    clusterScoped: {
      found: leftovers?.found.length ?? 0,
      kindsChecked: leftovers?.kindsChecked ?? 0,
      kindsUnchecked: leftovers?.kindsUnchecked.slice(0, UNCHECKED_KINDS) ?? [],
    },
    identityMappings: mappings,
  };
  return {
    deletedAt: now,
    proof,
    applied: {},
    versions: undefined,
    namespaceUid: undefined,
    sleepers: undefined,
    deletionSlot: undefined,
    grants: undefined,
  };
}

function factsOf(tenant: Tenant, round: Round, status: Status, deleted: boolean): Parameters<typeof conditionsOf>[1] {
  const { outcome } = round;
  const wanted = round.wanted.map(({ key, kind }) => ({ key, condition: conditionOf(kind) }));
  const applied = { ...status.applied, ...round.performed.applied };
  const standing = new Set(Object.keys(applied).filter((key) => applied[key] !== ABSENT));
  const ready =
    outcome.kind !== "done"
      ? { status: false, reason: outcome.reason, message: outcome.message }
      : deleted
        ? { status: false, reason: "Deleted", message: "The tenant is decommissioned." }
        : { status: true, reason: "Converged", message: `Generation ${tenant.generation} stands in cluster "${round.cluster?.name}".` };
  return {
    cluster: round.cluster,
    unplaced: round.unplaced,
    wanted,
    standing,
    errors: round.performed.errors,
    ready,
    unseen: outcome.kind === "paused",
  };
}
