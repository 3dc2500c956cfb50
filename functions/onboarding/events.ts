import { commandQueue, type CommandQueuePorts } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { onboardTenant } from "../../shared/usecases/onboard-tenant.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** `TenantOnboardingRequested`, from the signup system. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts) =>
  commandQueue(
    { TenantOnboardingRequested: (command, { data: { tenantId: _id, ...body } }) => onboardTenant(command, body, ports) },
    queue,
  );

export const handler = createHandler(reconcileDeps(), commandQueueDeps());
