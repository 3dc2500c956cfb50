import { patchBody } from "../../../events/bodies/patch.ts";
import { defineRoutes } from "../route.ts";
import { dryRun, tenantPath } from "./params.ts";

export const quotaApi = defineRoutes({
  updateTenant: {
    method: "PATCH",
    path: "/tenants/{tenantId}",
    area: "quota-api",
    scope: "tenantry/tenants.write",
    tenantScoped: true,
    summary: "Change a tenant by JSON merge patch. 200 when it is Ready within the wait, else 202. With dryRun, 200 and the plan.",
    params: tenantPath,
    query: dryRun,
    body: patchBody,
    waitSeconds: 10,
    etag: true,
    answers: { 200: "TenantOrPlan", 202: "Tenant" },
  },
});
