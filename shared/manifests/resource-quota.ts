import type { V1ResourceQuota } from "@kubernetes/client-node";
import type { Platform } from "../domain/platform.ts";
import { effectiveQuota } from "../domain/quota.ts";
import { isAsleep, namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata, NAMES } from "./identity.ts";
import { tierOf } from "./tier.ts";

/** What a Deployment or StatefulSet keeps: ten former revisions (the default of `revisionHistoryLimit`), the current and the next one. */
const REVISIONS = 12;

/**
 * The tenant's quota: every kind that a tenant can create has a count, so that no tenant fills etcd. Node ports are closed, and a LoadBalancer service takes one for each of its ports unless it says
 * `allocateLoadBalancerNodePorts: false`.
 */
export function resourceQuota(tenant: Tenant, platform: Platform): V1ResourceQuota {
  const quota = effectiveQuota(tierOf(tenant, platform), tenant.desired.quota);
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: metadata(tenant, NAMES.resourceQuota, namespaceOf(tenant.tenantId)),
    spec: {
      hard: {
        "requests.cpu": quota.cpu,
        "limits.cpu": quota.cpu,
        "requests.memory": quota.memory,
        "limits.memory": quota.memory,
        "requests.storage": quota.storage,
        // Asleep, no new pod is let in, whoever asks for it.
        pods: isAsleep(tenant) ? "0" : String(quota.pods),
        services: String(quota.services),
        "services.loadbalancers": String(quota.loadBalancers),
        "services.nodeports": "0",
        persistentvolumeclaims: String(quota.persistentVolumeClaims),
        secrets: String(quota.secrets),
        configmaps: String(quota.configMaps),
        "count/deployments.apps": String(quota.deployments),
        "count/statefulsets.apps": String(quota.statefulSets),
        "count/jobs.batch": String(quota.jobs),
        "count/cronjobs.batch": String(quota.cronJobs),
        "count/ingresses.networking.k8s.io": String(quota.ingresses),
        "count/horizontalpodautoscalers.autoscaling": String(quota.horizontalPodAutoscalers),
        "count/replicasets.apps": String(quota.deployments * REVISIONS),
        "count/controllerrevisions.apps": String(quota.statefulSets * REVISIONS),
      },
    },
  };
}
