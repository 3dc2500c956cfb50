import { defineRoutes } from "../route.ts";

const open = { method: "GET", area: "meta-api", scope: "open", tenantScoped: false } as const;

export const metaApi = defineRoutes({
  getHealth: { ...open, path: "/healthz", summary: "Whether the API answers.", answers: { 200: "Health" } },
  getOpenApi: { ...open, path: "/openapi.json", summary: "This contract.", answers: { 200: "OpenApi" } },
});
