import { onboardBody } from "../../../events/bodies/onboard.ts";
import { defineRoutes } from "../route.ts";

export const onboardingApi = defineRoutes({
  createTenant: {
    method: "POST",
    path: "/tenants",
    area: "onboarding-api",
    scope: "tenantry/tenants.write",
    tenantScoped: false,
    summary: "Onboard a tenant. 201 when it is Ready within the wait, else 202.",
    body: onboardBody,
    waitSeconds: 10,
    etag: true,
    answers: { 200: "Tenant", 201: "Tenant", 202: "Tenant" },
  },
});
