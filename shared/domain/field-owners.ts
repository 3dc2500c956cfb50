import type { Timestamp } from "./tenant.ts";

/** An entry of `metadata.managedFields`: who last set which fields. */
export interface FieldOwner {
  manager?: string | undefined;
  operation?: string | undefined;
  /** RFC 3339; the client library's types say `Date`. */
  time?: string | Date | undefined;
  subresource?: string | undefined;
  fieldsV1?: object | undefined;
}

/** Who changed something, as far as the API server tells. */
export interface Editor {
  /** `kubectl-edit`, a controller's name, ... */
  manager: string;
  operation: "Apply" | "Update";
  time: Timestamp | null;
}

/** Whether an entry holds the field, or the atomic one that it lies in. Source: structured-merge-diff's FieldsV1. */
export function holds({ fieldsV1 }: FieldOwner, path: readonly string[]): boolean {
  let node = fieldsV1 as Record<string, object> | undefined;
  for (const key of path) {
    node = node?.[`f:${key}`] as Record<string, object> | undefined;
    if (node === undefined) return false;
    if (Object.keys(node).length === 0) return true;
  }
  return node !== undefined;
}

/**
 * Who changed those fields: the other managers that hold one of them, else (the field is gone) the last other one that
 * wrote the object at all. Those that write its status only are left out.
 */
export function editorsOf(paths: readonly (readonly string[])[], owners: readonly FieldOwner[] | undefined, us: string): Editor[] {
  const others = (owners ?? []).filter(({ manager, subresource }) => manager !== us && (subresource ?? "") === "");
  const holding = others.filter((owner) => paths.some((path) => holds(owner, path)));
  return (holding.length > 0 ? holding : others.toSorted((a, b) => timeOf(b).localeCompare(timeOf(a))).slice(0, 1)).map((owner) => ({
    manager: owner.manager ?? "unknown",
    operation: owner.operation === "Apply" ? "Apply" : "Update",
    time: timeOf(owner) || null,
  }));
}

const timeOf = ({ time }: FieldOwner): string => (time === undefined || time === null ? "" : new Date(time).toISOString());
