import { defineRoutes } from "../route.ts";
import { providerPath } from "./params.ts";

const row = { area: "webhooks-api", tenantScoped: false, path: "/webhooks/{provider}", params: providerPath } as const;

export const webhooksApi = defineRoutes({
  receiveWebhook: {
    ...row,
    method: "POST",
    scope: "signature",
    summary: "Take an identity provider's message: it is recorded, and worked on after the answer.",
    rawBody: 1024 * 1024,
    answers: { 204: null },
  },
  verifyWebhook: {
    ...row,
    method: "GET",
    scope: "open",
    summary: "Answer Okta's one-time challenge of an event hook.",
    answers: { 200: "Verification" },
  },
});
