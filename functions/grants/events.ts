import { type CommandQueuePorts, commandQueue } from "../../shared/queues/commands.ts";
import { type GrantPorts, grantAccess, revokeAccess } from "../../shared/usecases/grant-access.ts";
import { commandQueueDeps } from "../reconcile/deps.ts";
import { grantsDeps } from "./deps.ts";

/** `TenantAccessGrantRequested` and `TenantAccessRevokeRequested`. */
export const createHandler = (ports: GrantPorts, queue: CommandQueuePorts) =>
  commandQueue(
    {
      TenantAccessGrantRequested: (command, { data }) => grantAccess(command, data, data.expiresAt, ports),
      TenantAccessRevokeRequested: (command, { data }) => revokeAccess(command, data, ports),
    },
    queue,
  );

export const handler = createHandler(grantsDeps(), commandQueueDeps());
