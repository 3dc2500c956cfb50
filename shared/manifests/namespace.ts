import type { V1Namespace } from "@kubernetes/client-node";
import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { ANNOTATION_INSTALLATION, LABEL_TIER, metadata } from "./identity.ts";
import { namespaceLabels } from "./tenant-labels.ts";
import { tierOf } from "./tier.ts";

/** The tenant's Namespace. Pod Security enforces, audits and warns at the tier's level; our labels win over the tenant's. */
export function namespace(tenant: Tenant, platform: Platform, _cluster: Cluster, installation: string): V1Namespace {
  const base = metadata(tenant, namespaceOf(tenant.tenantId));
  const level = tierOf(tenant, platform).podSecurity;
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      ...base,
      labels: {
        ...namespaceLabels(tenant.desired.labels),
        ...base.labels,
        [LABEL_TIER]: tenant.desired.tier,
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/audit": level,
        "pod-security.kubernetes.io/warn": level,
      },
      annotations: { ...base.annotations, [ANNOTATION_INSTALLATION]: installation },
    },
  };
}
