import * as z from "zod";
import { TenantryError } from "./errors.ts";

/** A DNS-1123 label of 1 to 40 characters without `--`: `--` separates a tenant from its environments in namespace names. */
export const tenantIdSchema = z
  .string()
  .regex(
    /^(?!.*--)[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "1 to 40 characters a-z, 0-9 and -, without --, beginning and ending with a letter or digit",
  )
  .meta({ description: "The tenant's id: a DNS-1123 label of 1 to 40 characters, without `--`.", examples: ["acme"] });

/** Whether nobody may take the id: `kube-*`, `default`, and the platform's own (`reservedTenantIds` of the configuration). */
export function isReserved(tenantId: string, reservedTenantIds: readonly string[]): boolean {
  return tenantId === "default" || tenantId === "kube" || tenantId.startsWith("kube-") || reservedTenantIds.includes(tenantId);
}

/** Throws `TenantIdReserved` for an id that nobody may take. The syntax is the schema's affair. */
export function assertNotReserved(tenantId: string, reservedTenantIds: readonly string[]): void {
  if (!isReserved(tenantId, reservedTenantIds)) return;
  throw new TenantryError("TenantIdReserved", `The tenant id ${tenantId} is reserved for the platform. Choose another.`, {
    issues: [{ pointer: "/tenantId", detail: "reserved for the platform" }],
  });
}
