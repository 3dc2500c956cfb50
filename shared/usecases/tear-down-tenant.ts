import { tearDown } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Decommissions a tenant: its namespace goes, a tombstone with the proof stays a while. Throws `TenantNotFound`. */
export async function tearDownTenant(
  command: Command,
  ports: ReconcilePorts,
  options: { forgetCluster?: boolean; force?: boolean } = {},
): Promise<Recorded> {
  return recordIntent(command, (before, at) => tearDown(command.tenantId, before, { ...command, ...options, ...at }), ports);
}
