import { change } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Puts a tenant to sleep: access cut, network closed, workloads at zero and remembered. Throws `TenantNotFound`, `TenantDeleting`, `TenantDeleted`. */
export async function suspendTenant(command: Command, ports: ReconcilePorts): Promise<Recorded> {
  return recordIntent(
    command,
    (before, at) => change(command.tenantId, before, { ...command, ...at, command: "suspend", changes: () => ({ suspended: true }) }),
    ports,
  );
}
