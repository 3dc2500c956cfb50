import type { AccessQueue, Directory, DueIndex, GrantIndex } from "../../ports.ts";
import type { ReconcilePorts } from "../../reconcile/ports.ts";

/** What access works with, besides what the heart does. */
export interface AccessPorts extends ReconcilePorts {
  directory: Directory;
  grants: GrantIndex;
  accessQueue: AccessQueue;
  index: Pick<DueIndex, "claim" | "take">;
}

/** How far a piece of access work came. `again`: it is due, or waits, for more. */
export type Worked = { done: true } | { again: { afterMs: number; reason: string } };

export const DONE: Worked = { done: true };
