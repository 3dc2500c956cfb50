import { createHash, randomUUID } from "node:crypto";
import { canonicalHash } from "../domain/canonical.ts";
import type { OnboardBody } from "../../events/bodies/onboard.ts";
import { TenantryError } from "../domain/errors.ts";
import { onboard } from "../domain/intent.ts";
import type { Platform } from "../domain/platform.ts";
import { assertNotReserved } from "../domain/tenant-id.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Tier of a tenant that asks for none. */
const DEFAULT_TIER = "default";

/** Onboards a tenant. Throws `InvalidInput`, `UnknownTier`, `IsolationUnavailable`, `TenantIdReserved`, `TenantExists`, `TenantDeleting`, `TenantDeleted`. */
export async function onboardTenant(command: Command, body: Omit<OnboardBody, "tenantId">, ports: ReconcilePorts): Promise<Recorded> {
  const { platform } = ports;
  const { name, tier = DEFAULT_TIER, labels = {}, isolation = platform.defaultIsolation, requirements = {}, owner, expiresAt } = body;
  assertNotReserved(command.tenantId, platform.reservedTenantIds);
  knownTier(tier, platform);
  // Clusters of their own are not made yet; taking the wish and not keeping it would be worse than refusing it.
  if (isolation !== "namespace")
    throw new TenantryError("IsolationUnavailable", `Isolation "${isolation}" is not available; "namespace" is.`);
  const desired = { name, tier, labels, isolation, requirements, owner, expiresAt };
  const hash = canonicalHash(desired);
  return recordIntent(command, (before, at) => onboard(before, { ...command, ...at, desired, hash }), ports);
}

/** Throws `UnknownTier`. */
export function knownTier(tier: string, platform: Platform): void {
  if (Object.hasOwn(platform.tiers, tier)) return;
  throw new TenantryError("UnknownTier", `There is no tier "${tier}"; there are ${Object.keys(platform.tiers).join(", ")}.`, {
    issues: [{ pointer: "/tier", detail: "unknown tier" }],
  });
}

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** An id for a tenant that brings none: `t-` and 12 letters and digits, none of which look alike; of a seed, always the same. */
export function newTenantId(seed: string = randomUUID()): string {
  const digest = createHash("sha256").update(seed).digest();
  return `t-${Array.from(digest.subarray(0, 12), (byte) => LETTERS[byte % LETTERS.length]).join("")}`;
}
