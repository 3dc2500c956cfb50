import { type CommandQueuePorts, commandQueue } from "../../shared/queues/commands.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { grantAccess, revokeAccess } from "../../shared/usecases/grant-access.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** `TenantAccessGrantRequested` and `TenantAccessRevokeRequested`. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts) =>
  commandQueue(
    {
      TenantAccessGrantRequested: (command, { data }) => grantAccess(command, data, data.expiresAt, ports),
      TenantAccessRevokeRequested: (command, { data }) => revokeAccess(command, data, ports),
    },
    queue,
  );

export const handler = createHandler(reconcileDeps(), commandQueueDeps());
