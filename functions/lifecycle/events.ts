import { type CommandQueuePorts, commandQueue } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { activateTenant } from "../../shared/usecases/activate-tenant.ts";
import { suspendTenant } from "../../shared/usecases/suspend-tenant.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** `TenantSuspendRequested` and `TenantActivateRequested`. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts) =>
  commandQueue(
    {
      TenantSuspendRequested: (command) => suspendTenant(command, ports),
      TenantActivateRequested: (command) => activateTenant(command, ports),
    },
    queue,
  );

export const handler = createHandler(reconcileDeps(), commandQueueDeps());
