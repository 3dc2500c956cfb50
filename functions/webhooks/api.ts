import { TenantryError } from "../../shared/domain/errors.ts";
import { httpHandler } from "../../shared/http/handler.ts";
import { webhooksApi } from "../../shared/http/routes/webhooks-api.ts";
import { challengeOf } from "../../shared/usecases/webhooks/answer-challenge.ts";
import { type ReceivePorts, receiveWebhook } from "../../shared/usecases/webhooks/receive-webhook.ts";
import { webhookDeps } from "./deps.ts";

/** What identity providers tell. It is recorded, and answered at once: they wait for seconds only. */
export const createHandler = (deps: ReceivePorts) =>
  httpHandler(
    webhooksApi,
    {
      async receiveWebhook({ params, headers, rawBody }) {
        await receiveWebhook(params.provider, { headers, body: rawBody }, deps);
        return { status: 204 };
      },
      async verifyWebhook({ params, headers }) {
        const answer = challengeOf(params.provider, headers, deps.platform);
        if (answer === undefined) throw new TenantryError("NotFound", "There is no challenge to answer here.");
        return { status: 200, body: answer };
      },
    },
    deps,
  );

export const handler = createHandler(webhookDeps());
