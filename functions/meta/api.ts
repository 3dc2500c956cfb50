import { httpHandler } from "../../shared/http/handler.ts";
import type { Call } from "../../shared/http/not-found.ts";
import openapi from "../../shared/http/openapi.json" with { type: "json" };
import { metaApi } from "../../shared/http/routes/meta-api.ts";
import { clock, log } from "../runtime.ts";

const calls = Object.entries<object>(openapi.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({ method: method.toUpperCase(), path }) as Call),
);

/** What anybody may read: health, and the contract. And the gateway's last resort: a request that no other route takes is 404 or 405. */
export const handler = httpHandler(
  metaApi,
  {
    getHealth: async () => ({ status: 200, body: { status: "ok" } }),
    getOpenApi: async () => ({ status: 200, body: openapi }),
  },
  { clock, log },
  { calls },
);
