import { change } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/** Stops (or takes up again) the reconciling of one tenant: intent is recorded, nothing is applied. Throws `TenantNotFound`, `TenantDeleted`. */
export async function pauseTenant(command: Command, paused: boolean, ports: ReconcilePorts): Promise<Recorded> {
  const verb = paused ? "pause" : "resume";
  return recordIntent(
    command,
    (before, at) =>
      change(command.tenantId, before, { ...command, ...at, command: verb, changes: () => ({ paused: paused || undefined }) }),
    ports,
  );
}
