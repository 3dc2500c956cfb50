import { change } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Brings a suspended tenant back exactly as it was. Throws `TenantNotFound`, `TenantDeleting`, `TenantDeleted`. */
export async function activateTenant(command: Command, ports: ReconcilePorts): Promise<Recorded> {
  return recordIntent(
    command,
    (before, now) => change(command.tenantId, before, { ...command, command: "activate", now, changes: () => ({ suspended: undefined }) }),
    ports,
  );
}
