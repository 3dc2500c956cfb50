import { commandQueue, type CommandQueuePorts } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { changeTenant } from "../../shared/usecases/change-tenant.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** `TenantTierChangeRequested` and `TenantQuotaChangeRequested`. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts) =>
  commandQueue(
    {
      TenantTierChangeRequested: (command, { data: { tier } }) => changeTenant(command, { tier }, ports),
      TenantQuotaChangeRequested: (command, { data: { quota } }) => changeTenant(command, { quota }, ports),
    },
    queue,
  );

export const handler = createHandler(reconcileDeps(), commandQueueDeps());
