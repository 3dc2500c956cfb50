import { defineRoutes } from "../route.ts";
import { dryRun, tenantPath } from "./params.ts";

const write = {
  method: "POST",
  area: "lifecycle-api",
  scope: "tenantry/tenants.write",
  tenantScoped: true,
  params: tenantPath,
  waitSeconds: 10,
  etag: true,
} as const;

export const lifecycleApi = defineRoutes({
  suspendTenant: {
    ...write,
    path: "/tenants/{tenantId}/suspend",
    summary: "Put a tenant to sleep: no access, no network, no pods; nothing is lost. 200 when it sleeps within the wait, else 202.",
    answers: { 200: "Tenant", 202: "Tenant" },
  },
  activateTenant: {
    ...write,
    path: "/tenants/{tenantId}/activate",
    summary: "Bring a suspended tenant back as it was. 200 when it is Ready within the wait, else 202.",
    answers: { 200: "Tenant", 202: "Tenant" },
  },
  adoptNamespace: {
    ...write,
    path: "/tenants/{tenantId}/adopt",
    query: dryRun,
    summary: "Take over the namespace of the tenant's name that somebody else made. With dryRun, 200 and the plan.",
    answers: { 200: "TenantOrPlan", 202: "Tenant" },
  },
  pauseTenant: {
    ...write,
    path: "/tenants/{tenantId}/pause",
    summary: "Stop reconciling a tenant: what is asked for is recorded, and nothing is applied.",
    answers: { 200: "Tenant" },
  },
  resumeTenant: {
    ...write,
    path: "/tenants/{tenantId}/resume",
    summary: "Reconcile a paused tenant again.",
    answers: { 200: "Tenant", 202: "Tenant" },
  },
});
