import { httpHandler } from "../../shared/http/handler.ts";
import { lifecycleApi } from "../../shared/http/routes/lifecycle-api.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { activateTenant } from "../../shared/usecases/activate-tenant.ts";
import { adoptNamespace, planAdoption } from "../../shared/usecases/adopt-tenant.ts";
import { pauseTenant } from "../../shared/usecases/pause-tenant.ts";
import { suspendTenant } from "../../shared/usecases/suspend-tenant.ts";
import { answerOf, commandOf, tenantAnswer } from "../http.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

/** `POST /tenants/{tenantId}/{suspend,activate,pause,resume}`. */
export const createHandler = (ports: ReconcilePorts) =>
  httpHandler(
    lifecycleApi,
    {
      async suspendTenant(request) {
        return answerOf(await suspendTenant(commandOf(request, "suspendTenant", request.params.tenantId, ports), ports));
      },
      async activateTenant(request) {
        return answerOf(await activateTenant(commandOf(request, "activateTenant", request.params.tenantId, ports), ports));
      },
      async adoptNamespace(request) {
        const { tenantId } = request.params;
        if (request.query.dryRun === "true") return { status: 200, body: await planAdoption(tenantId, ports) };
        return answerOf(await adoptNamespace(commandOf(request, "adoptNamespace", tenantId, ports), ports));
      },
      async pauseTenant(request) {
        const { tenant } = await pauseTenant(commandOf(request, "pauseTenant", request.params.tenantId, ports), true, ports);
        return tenantAnswer(200, tenant);
      },
      async resumeTenant(request) {
        return answerOf(await pauseTenant(commandOf(request, "resumeTenant", request.params.tenantId, ports), false, ports));
      },
    },
    ports,
  );

export const handler = createHandler(reconcileDeps());
