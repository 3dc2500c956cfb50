import { defineRoutes } from "../route.ts";
import { tenantPath } from "./params.ts";

export const kubeconfigApi = defineRoutes({
  getKubeconfig: {
    method: "GET",
    path: "/tenants/{tenantId}/kubeconfig",
    area: "kubeconfig-api",
    scope: "tenantry/access.read",
    tenantScoped: true,
    summary: "A kubeconfig for the tenant's people, without credentials.",
    params: tenantPath,
    media: ["application/yaml", "application/json"],
    answers: { 200: "Kubeconfig" },
  },
});
