import { type ErrorCode, TenantryError } from "./errors.ts";
import type { Tenant } from "./tenant.ts";

/** What a tenant's record asks for, as commands see it. */
export type Standing = "Absent" | "Active" | "Deleting" | "Deleted";
export type Command = "onboard" | "change" | "tearDown";

/** `legal`: changes the record; `settled`: already so, nothing to do; else the error. */
export type Verdict = "legal" | "settled" | ErrorCode;

/** Every command against every standing. */
export const legality: Record<Command, Record<Standing, Verdict>> = {
  onboard: { Absent: "legal", Active: "TenantExists", Deleting: "TenantDeleting", Deleted: "legal" },
  change: { Absent: "TenantNotFound", Active: "legal", Deleting: "TenantDeleting", Deleted: "TenantDeleted" },
  tearDown: { Absent: "TenantNotFound", Active: "legal", Deleting: "settled", Deleted: "settled" },
};

export function standingOf(tenant: Tenant | undefined): Standing {
  if (tenant === undefined) return "Absent";
  if (tenant.status.deletedAt !== undefined) return "Deleted";
  return tenant.desired.state === "Deleted" ? "Deleting" : "Active";
}

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
  throw new TenantryError(verdict, `Tenant "${tenantId}" ${words[verdict] ?? verdict}; "${command}" is not possible.`);
}
