import { commandQueue, type CommandQueuePorts } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { tearDownTenant } from "../../shared/usecases/tear-down-tenant.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** `TenantOffboardingRequested`. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts) =>
  commandQueue({ TenantOffboardingRequested: (command) => tearDownTenant(command, ports) }, queue);

export const handler = createHandler(reconcileDeps(), commandQueueDeps());
