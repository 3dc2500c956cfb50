import { httpHandler } from "../../shared/http/handler.ts";
import openapi from "../../shared/http/openapi.json" with { type: "json" };
import { metaApi } from "../../shared/http/routes/meta-api.ts";
import { clock, log } from "../runtime.ts";

/** What anybody may read: health, and the contract. */
export const handler = httpHandler(
  metaApi,
  {
    getHealth: async () => ({ status: 200, body: { status: "ok" } }),
    getOpenApi: async () => ({ status: 200, body: openapi }),
  },
  { clock, log },
);
