import { createHash, randomInt } from "node:crypto";
import { TenantryError } from "../domain/errors.ts";
import { onboard } from "../domain/intent.ts";
import type { Platform } from "../domain/platform.ts";
import type { Isolation } from "../domain/tenant.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** The body of an onboarding, checked by its schema. */
export interface OnboardBody {
  name: string;
  tier?: string | undefined;
  labels?: Record<string, string> | undefined;
  isolation?: Isolation | undefined;
  requirements?: Record<string, string> | undefined;
  owner?: string | undefined;
  expiresAt?: string | undefined;
}

/** Tier of a tenant that asks for none. */
const DEFAULT_TIER = "default";

/** Onboards a tenant. Throws `UnknownTier`, `IsolationUnavailable`, `TenantIdReserved`, `TenantExists`, `TenantDeleting`, `TenantDeleted`. */
export async function onboardTenant(command: Command, body: OnboardBody, ports: ReconcilePorts): Promise<Recorded> {
  const { platform } = ports;
  const { name, tier = DEFAULT_TIER, labels = {}, isolation = platform.defaultIsolation, requirements = {}, owner, expiresAt } = body;
  refuseReserved(command.tenantId, platform);
  knownTier(tier, platform);
  // Clusters of their own are not made yet; taking the wish and not keeping it would be worse than refusing it.
  if (isolation !== "namespace") throw new TenantryError("IsolationUnavailable", `Isolation "${isolation}" is not available; "namespace" is.`);
  const desired = { name, tier, labels, isolation, requirements, owner, expiresAt };
  const hash = createHash("sha256").update(JSON.stringify(desired, Object.keys(desired).concat(Object.keys(labels), Object.keys(requirements)).sort())).digest("hex");
  return recordIntent(command, (before, now) => onboard(before, { ...command, now, desired, hash }), ports);
}

/** Throws `UnknownTier`. */
export function knownTier(tier: string, platform: Platform): void {
  if (Object.hasOwn(platform.tiers, tier)) return;
  throw new TenantryError("UnknownTier", `There is no tier "${tier}"; there are ${Object.keys(platform.tiers).join(", ")}.`, { issues: [{ pointer: "/tier", detail: "unknown tier" }] });
}

function refuseReserved(tenantId: string, { reservedTenantIds }: Platform): void {
  if (tenantId.startsWith("kube-") || tenantId === "default" || reservedTenantIds.includes(tenantId)) {
    throw new TenantryError("TenantIdReserved", `The id "${tenantId}" is reserved.`, { issues: [{ pointer: "/tenantId", detail: "reserved" }] });
  }
}

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** An id for a tenant that brings none: `t-` and 12 letters and digits, none of which look alike. */
export function newTenantId(): string {
  return `t-${Array.from({ length: 12 }, () => LETTERS[randomInt(LETTERS.length)]).join("")}`;
}
