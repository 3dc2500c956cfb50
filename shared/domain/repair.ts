import { announce } from "./announcements.ts";
import { PENDING_GRANTS } from "./grant-intent.ts";
import { TenantryError } from "./errors.ts";
import type { Editor } from "./field-owners.ts";
import type { Intent } from "./intent.ts";
import type { Cause, ForeignObject, Status, Tenant, Timestamp } from "./tenant.ts";

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

/** What a check confirmed of a tenant, against its record as it then stood. */
export interface Findings {
  generation: number;
  updatedAt: Timestamp;
  objects: DriftedObject[];
  /** Foreign objects that the record does not know yet, and those removed. */
  foreign: ForeignFound[];
  /** Foreign objects that stand now. */
  standing: ForeignObject[];
  /** The namespace is gone or another: nothing in it stands. */
  namespaceLost: boolean;
  /** Grants (`grantId`) whose bindings are to be applied again. */
  grants: string[];
  /** Suspects that were not looked at again, as one check does not take up more of one tenant. */
  more: number;
}

/** Objects of each kind that an event and the log name, what they name of each, and of who changed it: the record and an event have a largest size. */
const NAMED = 20;
const NAMED_FIELDS = 20;
const NAMED_EDITORS = 3;

/** What is told of findings; `omitted` is how much was found or suspected besides. */
export function namedOf({ objects, foreign, more }: Findings) {
  const omitted = Math.max(0, objects.length - NAMED) + Math.max(0, foreign.length - NAMED) + more;
  return {
    objects: objects.slice(0, NAMED).map(({ fields, by, ...object }) => ({
      ...object,
      fields: fields.slice(0, NAMED_FIELDS),
      by: by.slice(0, NAMED_EDITORS),
    })),
    foreign: foreign.slice(0, NAMED).map(({ object, removed, by }) => ({ object, removed, by: by.slice(0, NAMED_EDITORS) })),
    ...(omitted > 0 && { omitted }),
  };
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

/** Whether a record is another than the one at rest that was judged. */
export const hasMoved = (record: Tenant | undefined, { generation, updatedAt }: Pick<Findings, "generation" | "updatedAt">): boolean =>
  record === undefined || record.generation !== generation || record.updatedAt !== updatedAt || !isAtRest(record);

/**
 * Has what drifted applied again: a generation that carries what to repair, and announces it.
 * A record that moved since it was judged is left alone: a reconcile came between, and the next check looks again.
 * Throws `TenantNotFound`.
 */
export function repair(before: Tenant | undefined, found: Findings, { cause, now }: { cause: Cause; now: Timestamp }): Intent {
  if (before === undefined) throw new TenantryError("TenantNotFound", "The tenant is gone.");
  if (hasMoved(before, found)) return { after: before, settled: true };
  const generation = before.generation + 1;
  // More than may be pending, or than were looked at, are brought back by a pass over all.
  const pending = found.grants.length > 0 && found.grants.length + found.more <= PENDING_GRANTS;
  const known = found.objects.map(({ object }) => object).filter((key) => before.status.applied[key] !== undefined);
  const told = found.objects.length > 0 || found.foreign.length > 0;
  return {
    after: {
      ...before,
      generation,
      cause,
      ...(pending && { pendingGrants: found.grants }),
      repair: {
        objects: found.namespaceLost ? "all" : known,
        allGrants: found.namespaceLost || (found.grants.length > 0 && !pending),
        foreign: found.standing,
      },
      announcements: announce(before.announcements, told ? [{ type: "TenantDriftRepaired", generation, cause, data: namedOf(found) }] : []),
      updatedAt: now,
    },
  };
}

/** What stands of a tenant, as far as known: its status without what is known not to stand. */
export function afterRepair({ repair: found, status }: Tenant): Status {
  if (found === undefined) return status;
  const { objects, allGrants, foreign } = found;
  const kept = (of: Record<string, string>): Record<string, string> =>
    objects === "all" ? {} : Object.fromEntries(Object.entries(of).filter(([key]) => !objects.includes(key)));
  return {
    ...status,
    applied: kept(status.applied),
    versions: kept(status.versions ?? {}),
    grants: allGrants ? undefined : status.grants,
    foreign: foreign === undefined ? status.foreign : foreign.length > 0 ? foreign : undefined,
  };
}
