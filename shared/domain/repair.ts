import { PENDING_GRANTS } from "./grant-intent.ts";
import { TenantryError } from "./errors.ts";
import type { Editor } from "./field-owners.ts";
import type { Intent } from "./intent.ts";
import type { Cause, ForeignObject, Tenant, Timestamp } from "./tenant.ts";

/**
 * An object of ours that does not stand as it was applied: changed in the fields named, gone, made anew as something that no
 * apply can change back, or back again although it is to be absent (a suspended tenant's access).
 */
export interface DriftedObject {
  /** `kind/name`. */
  object: string;
  change: "changed" | "missing" | "replaced" | "unwanted";
  /** JSON Pointers into the object; none where it is there or not as a whole. */
  fields: string[];
  by: Editor[];
}

/** An object in the tenant's namespace that is not ours and may widen access. */
export interface ForeignFound extends ForeignObject {
  removed: boolean;
  by: Editor[];
}

/** What a check confirmed of a tenant at a generation. */
export interface Findings {
  generation: number;
  objects: DriftedObject[];
  /** Foreign objects that the record does not know yet, and those removed. */
  foreign: ForeignFound[];
  /** Foreign objects that stand now. */
  standing: ForeignObject[];
  /** The namespace is gone or another: nothing in it stands. */
  namespaceLost: boolean;
  /** Grants (`grantId`) whose bindings are to be applied again. */
  grants: string[];
}

/** Whether nobody is at work on it: only then, what differs in the cluster is somebody else's doing. */
export function isAtRest({ status, generation, lease, desired }: Tenant): boolean {
  return (
    status.observedGeneration === generation &&
    lease === undefined &&
    status.failure === undefined &&
    status.deletedAt === undefined &&
    desired.state === "Active"
  );
}

/**
 * Has what drifted applied again: a generation whose reconcile finds those objects not applied, and announces the repair.
 * A record that moved since it was judged is left alone: its own reconcile is the repair. Throws `TenantNotFound`.
 */
export function repair(before: Tenant | undefined, found: Findings, { cause, now }: { cause: Cause; now: Timestamp }): Intent {
  if (before === undefined) throw new TenantryError("TenantNotFound", "The tenant is gone.");
  if (before.generation !== found.generation || !isAtRest(before)) return { after: before, settled: true };
  const generation = before.generation + 1;
  const drifted = new Set(found.objects.map(({ object }) => object));
  const kept = (of: Record<string, string>): Record<string, string> =>
    found.namespaceLost ? {} : Object.fromEntries(Object.entries(of).filter(([key]) => !drifted.has(key)));
  const { applied, versions = {}, grants: standing } = before.status;
  // More than may be pending are brought back by a pass over all.
  const pending = found.grants.length > 0 && found.grants.length <= PENDING_GRANTS;
  const grants = found.namespaceLost || (found.grants.length > 0 && !pending) ? undefined : standing;
  const told = found.objects.length > 0 || found.foreign.length > 0;
  const data = { objects: found.objects, foreign: found.foreign.map(({ object, removed, by }) => ({ object, removed, by })) };
  return {
    after: {
      ...before,
      generation,
      cause,
      ...(pending && { pendingGrants: found.grants }),
      status: {
        ...before.status,
        applied: kept(applied),
        versions: kept(versions),
        grants,
        foreign: found.standing.length > 0 ? found.standing : undefined,
      },
      announcements: [...before.announcements, ...(told ? [{ type: "TenantDriftRepaired", generation, cause, data }] : [])],
      updatedAt: now,
    },
  };
}
