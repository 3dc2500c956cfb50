import { httpHandler } from "../../shared/http/handler.ts";
import { quotaApi } from "../../shared/http/routes/quota-api.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { changeTenant, planChange } from "../../shared/usecases/change-tenant.ts";
import { answerOf, commandOf } from "../http.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

/** `PATCH /tenants/{tenantId}`. */
export const createHandler = (ports: ReconcilePorts) =>
  httpHandler(
    quotaApi,
    {
      async updateTenant(request) {
        const command = commandOf(request, "updateTenant", request.params.tenantId, ports);
        if (request.query.dryRun === "true") return { status: 200, body: await planChange(command, request.body, ports) };
        return answerOf(await changeTenant(command, request.body, ports));
      },
    },
    ports,
  );

export const handler = createHandler(reconcileDeps());
