import type { Area, Route, Routes } from "./route.ts";
import { clustersApi } from "./routes/clusters-api.ts";
import { grantsApi } from "./routes/grants-api.ts";
import { kubeconfigApi } from "./routes/kubeconfig-api.ts";
import { lifecycleApi } from "./routes/lifecycle-api.ts";
import { metaApi } from "./routes/meta-api.ts";
import { onboardingApi } from "./routes/onboarding-api.ts";
import { quotaApi } from "./routes/quota-api.ts";
import { revisionsApi } from "./routes/revisions-api.ts";
import { webhooksApi } from "./routes/webhooks-api.ts";
import { scimApi } from "./routes/scim-api.ts";
import { tenantsApi } from "./routes/tenants-api.ts";
import { teardownApi } from "./routes/teardown-api.ts";

/**
 * The one route table. A handler imports its own area's rows (`routes/<area>.ts`) and carries no other area's schemas;
 * OpenAPI, the gateway's events and the tests read the whole. The gateway has a route for each row, but for those that
 * `gatewayProxies` takes.
 */
export const areas = [
  onboardingApi,
  tenantsApi,
  quotaApi,
  lifecycleApi,
  teardownApi,
  grantsApi,
  kubeconfigApi,
  clustersApi,
  revisionsApi,
  webhooksApi,
  scimApi,
  metaApi,
] as const satisfies Routes[];

/** Routes of the gateway without an authorizer that take many calls: the function finds its row, or answers 404 or 405. */
export const gatewayProxies = [
  { area: "scim-api", method: "ANY", path: "/scim/v2/{proxy+}" },
  /** What no other route takes. */
  { area: "meta-api", path: "$default" },
] as const satisfies { area: Area; method?: "ANY"; path: string }[];

export const routes: readonly Route[] = areas.flatMap((area: Routes) =>
  Object.entries(area).map(([operationId, route]) => ({ operationId, ...route })),
);
