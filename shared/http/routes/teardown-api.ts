import { defineRoutes } from "../route.ts";
import { tenantPath } from "./params.ts";

export const teardownApi = defineRoutes({
  deleteTenant: {
    method: "DELETE",
    path: "/tenants/{tenantId}",
    area: "teardown-api",
    scope: "tenantry/tenants.write",
    tenantScoped: true,
    summary: "Decommission a tenant. Then its phase is Deleting, and Deleted with the proof while the tombstone lasts.",
    params: tenantPath,
    waitSeconds: 0,
    etag: true,
    answers: { 202: "Tenant" },
  },
});
