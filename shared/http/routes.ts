import type { Route, Routes } from "./route.ts";
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
 * OpenAPI, the gateway's events and the tests read the whole.
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

export const routes: readonly Route[] = areas.flatMap((area: Routes) =>
  Object.entries(area).map(([operationId, route]) => ({ operationId, ...route })),
);
