import type { Cluster } from "../../../shared/domain/cluster.ts";
import { definePlatform, type Platform } from "../../../shared/domain/platform.ts";
import type { Desired, Tenant } from "../../../shared/domain/tenant.ts";

const NOW = "2026-01-01T00:00:00.000Z";

export type TenantParts = Partial<Omit<Tenant, "desired">> & { desired?: Partial<Desired> };

/** A tenant as it is after its onboarding, with the parts given. */
export function aTenant({ desired, ...parts }: TenantParts = {}): Tenant {
  return {
    tenantId: "acme",
    desired: { state: "Active", name: "Acme", tier: "standard", isolation: "namespace", labels: {}, requirements: {}, ...desired },
    desiredAt: {},
    onboardedAs: "",
    cause: { actor: "test", correlationId: "test", causationId: "test" },
    generation: 1,
    sequence: 0,
    status: { observedGeneration: 0, conditions: [], applied: {} },
    announcements: [],
    timers: {},
    createdAt: NOW,
    updatedAt: NOW,
    ...parts,
  };
}

export function aCluster(capabilities: Partial<Cluster["capabilities"]> = {}): Cluster {
  return {
    name: "one",
    version: 1,
    endpoint: "https://kubernetes.example",
    certificateAuthority: "",
    region: "eu-central-1",
    eksClusterName: "one",
    roleArn: "arn:aws:iam::111122223333:role/tenantry",
    labels: {},
    capacity: 100,
    state: "Active",
    capabilities: { networkPolicy: true, serviceMonitor: true, ...capabilities },
    createdAt: NOW,
    updatedAt: NOW,
  };
}

/** A small platform that no operator edits, so that what hangs on it changes with the generators alone. */
export function aPlatform(network: Partial<Platform["network"]> = {}): Platform {
  const quota = {
    cpu: "2",
    memory: "4Gi",
    storage: "10Gi",
    pods: 10,
    services: 5,
    loadBalancers: 1,
    persistentVolumeClaims: 2,
    secrets: 20,
    configMaps: 30,
    deployments: 20,
    statefulSets: 10,
    jobs: 40,
    cronJobs: 10,
    ingresses: 10,
    horizontalPodAutoscalers: 20,
  };
  const limits = {
    default: { cpu: "200m", memory: "256Mi" },
    defaultRequest: { cpu: "50m", memory: "64Mi" },
    max: { cpu: "1", memory: "2Gi" },
  };
  const big = { ...quota, cpu: "4" };
  return definePlatform({
    tiers: {
      standard: { quota, ceiling: big, limits, podSecurity: "restricted" },
      premium: { quota: big, ceiling: big, limits, podSecurity: "baseline" },
    },
    network: {
      ingressFrom: [{ namespaceLabels: { "kubernetes.io/metadata.name": "monitoring" } }],
      privateRanges: ["10.0.0.0/8", "fc00::/7"],
      dns: { namespaceLabels: { "kubernetes.io/metadata.name": "kube-system" }, podLabels: { "k8s-app": "kube-dns" } },
      ...network,
    },
    monitoring: { release: "prometheus", port: "metrics", path: "/metrics", interval: "15s" },
    grantRoles: ["tenant-viewer"],
    cluster: {},
    retry: {},
    retentionDays: {},
  });
}
