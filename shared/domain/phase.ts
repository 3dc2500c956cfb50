import type { Phase, Tenant } from "./tenant.ts";

/** The phase is derived, never decided on: legality looks at the desired state. */
export function phaseOf(tenant: Tenant): Phase {
  const { desired, status, generation } = tenant;
  if (status.deletedAt !== undefined) return "Deleted";
  if (status.failure?.blocked === true) return "Blocked";
  if (desired.state === "Deleted") return "Deleting";
  if (status.failure !== undefined) return "Failed";
  if (status.observedGeneration === generation) return desired.suspended === true ? "Suspended" : "Ready";
  return status.readyAt === undefined ? "Provisioning" : "Updating";
}
