import * as z from "zod";
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
    query: z.strictObject({
      force: z.enum(["true", "false"]).optional().meta({ description: "Do not wait for finalizers that hold the namespace." }),
      forget: z.literal("cluster").optional().meta({ description: "The cluster is gone for good: do not ask it, and prove nothing." }),
    }),
    waitSeconds: 0,
    etag: true,
    answers: { 202: "Tenant" },
  },
});
