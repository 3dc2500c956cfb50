import { change } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Brings a suspended tenant back exactly as it was. Throws `TenantNotFound`, `TenantDeleting`, `TenantDeleted`. */
export async function activateTenant(command: Command, ports: ReconcilePorts): Promise<Recorded> {
  return recordIntent(
    command,
    (before, at) => change(command.tenantId, before, { ...command, ...at, command: "activate", changes: () => ({ suspended: undefined }) }),
    ports,
  );
}
