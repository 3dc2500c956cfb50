import { TenantryError } from "./errors.ts";
import type { Timestamp } from "./tenant.ts";

/** Throws `InvalidInput` for an expiry that is already past: a tenant is not made, or changed, to be gone at once. */
export function assertAhead(expiresAt: Timestamp | undefined, now: Timestamp): void {
  if (expiresAt === undefined || expiresAt > now) return;
  throw new TenantryError("InvalidInput", `The expiry ${expiresAt} is already past.`, {
    issues: [{ pointer: "/expiresAt", detail: "a time that is still ahead" }],
  });
}
