import { change } from "../domain/intent.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Plan, planTenant } from "./plan-tenant.ts";
import { readTenant } from "./read-tenants.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

/**
 * Takes over the namespace of the tenant's name that somebody else made, as it stands in the cluster. The cluster lets
 * the control plane only where an administrator labelled it `app.kubernetes.io/managed-by=tenantry` before.
 * Throws `TenantNotFound`, `TenantDeleting`, `TenantDeleted`.
 */
export async function adoptNamespace(command: Command, ports: ReconcilePorts): Promise<Recorded> {
  return recordIntent(
    command,
    (before, at) => change(command.tenantId, before, { ...command, ...at, command: "change", changes: () => ({ adopt: true }) }),
    ports,
  );
}

/** What an adoption would change; nothing is written. */
export async function planAdoption(tenantId: string, ports: ReconcilePorts): Promise<Plan> {
  return planTenant(await readTenant(tenantId, ports.store), ports);
}
