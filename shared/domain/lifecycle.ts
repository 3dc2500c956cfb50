import { type ErrorCode, TenantryError } from "./errors.ts";
import type { Tenant } from "./tenant.ts";

/** What a tenant's record asks for, as commands see it. */
export type Standing = "Absent" | "Active" | "Suspended" | "Deleting" | "Deleted";
export type Command = "onboard" | "change" | "suspend" | "activate" | "pause" | "resume" | "grant" | "revoke" | "tearDown";

/** `legal`: changes the record; `settled`: already so, nothing to do; else the error. */
export type Verdict = "legal" | "settled" | ErrorCode;

/** Every command against every standing. */
export const legality: Record<Command, Record<Standing, Verdict>> = {
  onboard: { Absent: "legal", Active: "TenantExists", Suspended: "TenantExists", Deleting: "TenantDeleting", Deleted: "legal" },
  change: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "TenantDeleting", Deleted: "TenantDeleted" },
  suspend: { Absent: "TenantNotFound", Active: "legal", Suspended: "settled", Deleting: "TenantDeleting", Deleted: "TenantDeleted" },
  activate: { Absent: "TenantNotFound", Active: "settled", Suspended: "legal", Deleting: "TenantDeleting", Deleted: "TenantDeleted" },
  pause: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "legal", Deleted: "TenantDeleted" },
  resume: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "legal", Deleted: "TenantDeleted" },
  grant: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "TenantDeleting", Deleted: "TenantDeleted" },
  revoke: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "settled", Deleted: "settled" },
  tearDown: { Absent: "TenantNotFound", Active: "legal", Suspended: "legal", Deleting: "settled", Deleted: "settled" },
};

export function standingOf(tenant: Tenant | undefined): Standing {
  if (tenant === undefined) return "Absent";
  if (tenant.status.deletedAt !== undefined) return "Deleted";
  if (tenant.desired.state === "Deleted") return "Deleting";
  return tenant.desired.suspended === true ? "Suspended" : "Active";
}

/** Commands in people's words. */
const verbs: Record<Command, string> = {
  onboard: "onboard",
  change: "change",
  suspend: "suspend",
  activate: "activate",
  pause: "pause",
  resume: "resume",
  grant: "grant",
  revoke: "revoke",
  tearDown: "decommission",
};

const words: Partial<Record<ErrorCode, string>> = {
  TenantExists: "exists with other data",
  TenantDeleting: "is being decommissioned",
  TenantDeleted: "is decommissioned",
  TenantNotFound: "does not exist",
};

/** Judges a command on the desired state; throws the error that names both. */
export function judge(command: Command, tenantId: string, tenant: Tenant | undefined): "legal" | "settled" {
  const verdict = legality[command][standingOf(tenant)];
  if (verdict === "legal" || verdict === "settled") return verdict;
  throw new TenantryError(verdict, `Tenant "${tenantId}" ${words[verdict] ?? verdict}; "${verbs[command]}" is not possible.`);
}
