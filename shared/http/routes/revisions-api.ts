import { defineRoutes } from "../route.ts";

export const revisionsApi = defineRoutes({
  getRevisions: {
    method: "GET",
    path: "/revisions",
    area: "revisions-api",
    scope: "tenantry/clusters.read",
    tenantScoped: false,
    summary: "How many tenants are not at the deployed configuration's revision, and how far the wave is that brings them there.",
    answers: { 200: "Revisions" },
  },
  resumeRevisions: {
    method: "POST",
    path: "/revisions/resume",
    area: "revisions-api",
    scope: "tenantry/clusters.write",
    tenantScoped: false,
    summary: "Let a stopped wave go on; what has failed until now does not stop it again.",
    answers: { 200: "Revisions" },
  },
});
