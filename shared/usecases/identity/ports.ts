import type { AccessQueue, ClusterRegistry, DeadLetters, Directory, DueIndex, GrantIndex, IdentityMappings } from "../../ports.ts";
import type { IntentPorts } from "../write-intent.ts";

/** What access works with: it records intent, and reaches no cluster. */
export interface AccessPorts extends IntentPorts {
  registry: Pick<ClusterRegistry, "get">;
  directory: Directory;
  grants: GrantIndex;
  accessQueue: AccessQueue;
  mappings: IdentityMappings;
  deadLetters: DeadLetters;
  index: Pick<DueIndex, "claim" | "defer" | "revive" | "setAside" | "take">;
}

/** How far a piece of access work came. `again`: it is due, or waits, for more. */
export type Worked = { done: true } | { again: { afterMs: number; reason: string } };

/** Until another look at a tenant that cannot reach its cluster now, milliseconds. */
export const STUCK_MS = 60_000;

export const DONE: Worked = { done: true };
