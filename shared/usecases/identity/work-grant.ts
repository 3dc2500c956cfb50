import { type Grant, isGranted, parseGrantId } from "../../domain/access.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { Tenant } from "../../domain/tenant.ts";
import { expireGrant } from "../change-access.ts";
import { bringMapping } from "./bring-mapping.ts";
import { type AccessPorts, DONE, STUCK_MS, type Worked } from "./ports.ts";

/** Longest that a step in EKS may take, from the read of the grant on, milliseconds. */
const STEP_MS = 10_000;

/** Ends a grant whose time has come, and brings the mapping of its AWS identity to what the grant asks for. */
export async function workGrant(tenantId: string, id: string, ports: AccessPorts): Promise<Worked> {
  const signal = AbortSignal.timeout(STEP_MS);
  const [tenant, grant] = await read(tenantId, id, ports);
  if (grant === undefined || tenant === undefined) return DONE;
  if (!grant.granted || isGranted(grant, ports.clock.now().toISOString())) return bringMapping(tenant, grant, signal, ports);
  const wait = await expire(tenantId, id, ports);
  if (wait !== undefined) return wait;
  const [after, ended] = await read(tenantId, id, ports);
  return ended === undefined || after === undefined ? DONE : bringMapping(after, ended, signal, ports);
}

async function read(tenantId: string, id: string, { store }: AccessPorts): Promise<[Tenant | undefined, Grant | undefined]> {
  const [tenant, grants] = await Promise.all([store.get(tenantId), store.getGrants(tenantId, [id])]);
  return [tenant, grants.get(id)];
}

/** Ends the grant; answers until when to wait where its tenant has too much under way. */
async function expire(tenantId: string, id: string, ports: AccessPorts): Promise<Worked | undefined> {
  const cause = { actor: "tenantry", correlationId: ports.newId(), causationId: `${tenantId}:expiry` };
  try {
    await expireGrant({ tenantId, cause, occurredAt: ports.clock.now().toISOString() }, parseGrantId(id), ports);
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    if (error.code === "WriteContention") return { again: { afterMs: STUCK_MS, reason: error.message } };
    // With the tenant, its grants go.
  }
  return undefined;
}
