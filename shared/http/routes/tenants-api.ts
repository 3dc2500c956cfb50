import * as z from "zod";
import { clusterName, tier } from "../../../events/bodies/fields.ts";
import { defineRoutes } from "../route.ts";
import { pageOf, tenantPath } from "./params.ts";

const phase = z.enum([
  "Provisioning",
  "Ready",
  "Updating",
  "Suspended",
  "Hibernated",
  "Waking",
  "Deleting",
  "Deleted",
  "Failed",
  "Blocked",
]);

export const tenantsApi = defineRoutes({
  listTenants: {
    method: "GET",
    path: "/tenants",
    area: "tenants-api",
    scope: "tenantry/tenants.read",
    tenantScoped: false,
    summary: "List tenants, page by page.",
    query: pageOf("tenants").extend({ phase: phase.optional(), tier: tier.optional(), cluster: clusterName.optional() }),
    answers: { 200: "TenantList" },
  },
  getTenant: {
    method: "GET",
    path: "/tenants/{tenantId}",
    area: "tenants-api",
    scope: "tenantry/tenants.read",
    tenantScoped: true,
    summary: "What the tenant should be, what it is, and which step stands still.",
    params: tenantPath,
    etag: true,
    answers: { 200: "Tenant" },
  },
  listTenantEvents: {
    method: "GET",
    path: "/tenants/{tenantId}/events",
    area: "tenants-api",
    scope: "tenantry/tenants.read",
    tenantScoped: true,
    summary: "The tenant's audit trail, newest first.",
    params: tenantPath,
    query: pageOf("events"),
    answers: { 200: "EventList" },
  },
});
