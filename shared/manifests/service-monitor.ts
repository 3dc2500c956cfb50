import type { KubernetesObject } from "@kubernetes/client-node";
import type { Platform } from "../domain/platform.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { LABEL_TENANT, metadata, NAMES } from "./identity.ts";

/** The part of the Prometheus operator's resource that we use. Source: https://prometheus-operator.dev/docs/api-reference/api/ */
export interface ServiceMonitor extends KubernetesObject {
  spec: {
    namespaceSelector: { matchNames: string[] };
    selector: { matchLabels: Record<string, string> };
    endpoints: { port: string; path: string; interval: string }[];
  };
}

/** Scrapes the tenant's Services that carry its `tenant-id` label and a port of the configured name, in its namespace alone. */
export function serviceMonitor(tenant: Tenant, { monitoring }: Platform): ServiceMonitor {
  const namespace = namespaceOf(tenant.tenantId);
  const base = metadata(tenant, NAMES.serviceMonitor, namespace);
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { ...base, labels: { ...base.labels, release: monitoring.release } },
    spec: {
      namespaceSelector: { matchNames: [namespace] },
      selector: { matchLabels: { [LABEL_TENANT]: tenant.tenantId } },
      endpoints: [{ port: monitoring.port, path: monitoring.path, interval: monitoring.interval }],
    },
  };
}
