import type { Tenant } from "../domain/tenant.ts";
import type { ReconcileMessage } from "../ports.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import type { Run } from "../reconcile/run.ts";

/**
 * Reconciles a tenant for the due time that a message names. Where that moved, or the lease is taken, the message is
 * void, nothing is done and nothing is answered: the due time that stands brings another. Else answers the record as it then stands.
 */
export async function reconcileTenant({ tenantId, dueAt }: ReconcileMessage, run: Run, ports: ReconcilePorts): Promise<Tenant | undefined> {
  const now = ports.clock.now().toISOString();
  const tenant = await ports.store.begin(tenantId, { dueAt, owner: run.owner, leaseUntil: run.leaseUntil, nextDueAt: run.dueAt, now });
  return tenant === undefined ? undefined : await reconcile(tenant, run, ports);
}
