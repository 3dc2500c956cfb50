import type { V1LimitRange, V1LimitRangeItem } from "@kubernetes/client-node";
import type { Platform } from "../domain/platform.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata, NAMES } from "./identity.ts";
import { tierOf } from "./tier.ts";

/** As it goes over the wire: the client library's class renames `default` to `_default`. */
export type LimitRange = Omit<V1LimitRange, "spec"> & {
  spec: { limits: (Omit<V1LimitRangeItem, "_default"> & { default: Record<string, string> })[] };
};

/** Defaults and ceilings of a container: without them, the quota would refuse every pod that names no requests. */
export function limitRange(tenant: Tenant, platform: Platform): LimitRange {
  const { limits } = tierOf(tenant, platform);
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: metadata(tenant, NAMES.limitRange, namespaceOf(tenant.tenantId)),
    spec: {
      limits: [{ type: "Container", default: { ...limits.default }, defaultRequest: { ...limits.defaultRequest }, max: { ...limits.max } }],
    },
  };
}
