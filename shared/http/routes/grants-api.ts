import { grantBody } from "../../../events/bodies/grant.ts";
import { defineRoutes } from "../route.ts";
import { grantPath, pageOf, tenantPath } from "./params.ts";

const path = "/tenants/{tenantId}/grants/{userId}/{role}";

export const grantsApi = defineRoutes({
  listGrants: {
    method: "GET",
    path: "/tenants/{tenantId}/grants",
    area: "grants-api",
    scope: "tenantry/access.read",
    tenantScoped: true,
    summary: "Who may do what in a tenant, and what gives it to them, page by page.",
    params: tenantPath,
    query: pageOf("grants"),
    answers: { 200: "GrantList" },
  },
  getGrant: {
    method: "GET",
    path,
    area: "grants-api",
    scope: "tenantry/access.read",
    tenantScoped: true,
    summary: "One person's grant of one role.",
    params: grantPath,
    answers: { 200: "Grant" },
  },
  putGrant: {
    method: "PUT",
    path,
    area: "grants-api",
    scope: "tenantry/access.write",
    tenantScoped: true,
    summary: "Give a person a role in a tenant. 201, or 200 where it stood, once the cluster has it; 202 before.",
    params: grantPath,
    body: grantBody,
    bodyOptional: true,
    // Who an AWS identity is, holds in every tenant of the cluster.
    beyondTenant: ["principalArn"],
    waitSeconds: 10,
    answers: { 200: "Grant", 201: "Grant", 202: "Grant" },
  },
  deleteGrant: {
    method: "DELETE",
    path,
    area: "grants-api",
    scope: "tenantry/access.write",
    tenantScoped: true,
    summary:
      "Take back what was granted directly. 204 once the cluster has it so, 202 before; 200 and the grant where groups of an identity provider still give it.",
    params: grantPath,
    waitSeconds: 10,
    answers: { 200: "Grant", 202: "Grant", 204: null },
  },
});
