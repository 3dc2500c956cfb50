import { httpHandler } from "../../shared/http/handler.ts";
import { teardownApi } from "../../shared/http/routes/teardown-api.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { tearDownTenant } from "../../shared/usecases/tear-down-tenant.ts";
import { commandOf, tenantAnswer } from "../http.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

/** `DELETE /tenants/{tenantId}`: 202, and the tombstone shows when it is done. */
export const createHandler = (ports: ReconcilePorts) =>
  httpHandler(
    teardownApi,
    {
      async deleteTenant(request) {
        const command = commandOf(request, "deleteTenant", request.params.tenantId, ports);
        return tenantAnswer(
          202,
          (
            await tearDownTenant(command, ports, {
              forgetCluster: request.query.forget === "cluster",
              force: request.query.force === "true",
            })
          ).tenant,
        );
      },
    },
    ports,
  );

export const handler = createHandler(reconcileDeps());
