import { httpHandler } from "../../shared/http/handler.ts";
import { onboardingApi } from "../../shared/http/routes/onboarding-api.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { newTenantId, onboardTenant } from "../../shared/usecases/onboard-tenant.ts";
import { answerOf, commandOf } from "../http.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

/** `POST /tenants`. */
export const createHandler = (ports: ReconcilePorts) =>
  httpHandler(
    onboardingApi,
    {
      async createTenant(request) {
        const { tenantId, ...body } = request.body;
        // With a key, a repeat without an id finds the tenant that the first made.
        const seed = request.idempotencyKey && `${request.principal}#${request.idempotencyKey}`;
        const command = commandOf(request, "createTenant", tenantId ?? newTenantId(seed), ports);
        return answerOf(await onboardTenant(command, body, ports));
      },
    },
    ports,
  );

export const handler = createHandler(reconcileDeps());
