import { definePlatform } from "../shared/domain/platform.ts";

/**
 * What an operator edits. It is checked when it is loaded: a mistake fails the build, with its path.
 * After an edit of tiers, network or monitoring, a wave brings the tenants up to date (revisions, below).
 * After an edit of grantRoles, or of a tier's name or priority: `npm run bootstrap:manifest`, and apply bootstrap.yaml to each cluster.
 */
export default definePlatform({
  // Each tier: what a tenant gets (`quota`), what a change of quota may raise it to (`ceiling`), and what one container
  // gets, asks by default and may have at most (`limits`).
  tiers: {
    basic: {
      quota: {
        cpu: "2",
        memory: "4Gi",
        storage: "20Gi",
        pods: 20,
        services: 10,
        loadBalancers: 0,
        persistentVolumeClaims: 5,
        secrets: 50,
        configMaps: 50,
        deployments: 40,
        statefulSets: 20,
        jobs: 100,
        cronJobs: 20,
        ingresses: 20,
        horizontalPodAutoscalers: 40,
      },
      ceiling: {
        cpu: "4",
        memory: "8Gi",
        storage: "40Gi",
        pods: 40,
        services: 20,
        loadBalancers: 1,
        persistentVolumeClaims: 10,
        secrets: 100,
        configMaps: 100,
        deployments: 80,
        statefulSets: 40,
        jobs: 200,
        cronJobs: 40,
        ingresses: 40,
        horizontalPodAutoscalers: 80,
      },
      limits: {
        default: { cpu: "250m", memory: "256Mi" },
        defaultRequest: { cpu: "50m", memory: "128Mi" },
        max: { cpu: "1", memory: "2Gi" },
      },
      podSecurity: "restricted",
      priority: 1000,
    },
    standard: {
      quota: {
        cpu: "4",
        memory: "8Gi",
        storage: "50Gi",
        pods: 50,
        services: 20,
        loadBalancers: 1,
        persistentVolumeClaims: 10,
        secrets: 100,
        configMaps: 100,
        deployments: 80,
        statefulSets: 40,
        jobs: 200,
        cronJobs: 40,
        ingresses: 40,
        horizontalPodAutoscalers: 80,
      },
      ceiling: {
        cpu: "8",
        memory: "16Gi",
        storage: "100Gi",
        pods: 100,
        services: 40,
        loadBalancers: 2,
        persistentVolumeClaims: 20,
        secrets: 200,
        configMaps: 200,
        deployments: 160,
        statefulSets: 80,
        jobs: 400,
        cronJobs: 80,
        ingresses: 80,
        horizontalPodAutoscalers: 160,
      },
      limits: {
        default: { cpu: "500m", memory: "512Mi" },
        defaultRequest: { cpu: "100m", memory: "256Mi" },
        max: { cpu: "2", memory: "4Gi" },
      },
      podSecurity: "restricted",
      priority: 2000,
    },
    premium: {
      quota: {
        cpu: "8",
        memory: "16Gi",
        storage: "200Gi",
        pods: 100,
        services: 40,
        loadBalancers: 2,
        persistentVolumeClaims: 20,
        secrets: 200,
        configMaps: 200,
        deployments: 160,
        statefulSets: 80,
        jobs: 400,
        cronJobs: 80,
        ingresses: 80,
        horizontalPodAutoscalers: 160,
      },
      ceiling: {
        cpu: "16",
        memory: "32Gi",
        storage: "400Gi",
        pods: 200,
        services: 80,
        loadBalancers: 4,
        persistentVolumeClaims: 40,
        secrets: 400,
        configMaps: 400,
        deployments: 320,
        statefulSets: 160,
        jobs: 800,
        cronJobs: 160,
        ingresses: 160,
        horizontalPodAutoscalers: 320,
      },
      limits: {
        default: { cpu: "1", memory: "1Gi" },
        defaultRequest: { cpu: "100m", memory: "256Mi" },
        max: { cpu: "4", memory: "8Gi" },
      },
      podSecurity: "restricted",
      priority: 3000,
    },
    // A tier like the others, for trials and for those whose plan says nothing. A tier that is not listed here is refused.
    default: {
      quota: {
        cpu: "1",
        memory: "2Gi",
        storage: "10Gi",
        pods: 10,
        services: 5,
        loadBalancers: 0,
        persistentVolumeClaims: 2,
        secrets: 25,
        configMaps: 25,
        deployments: 20,
        statefulSets: 10,
        jobs: 50,
        cronJobs: 10,
        ingresses: 10,
        horizontalPodAutoscalers: 20,
      },
      ceiling: {
        cpu: "2",
        memory: "4Gi",
        storage: "20Gi",
        pods: 20,
        services: 10,
        loadBalancers: 0,
        persistentVolumeClaims: 4,
        secrets: 50,
        configMaps: 50,
        deployments: 40,
        statefulSets: 20,
        jobs: 100,
        cronJobs: 20,
        ingresses: 20,
        horizontalPodAutoscalers: 40,
      },
      limits: {
        default: { cpu: "200m", memory: "256Mi" },
        defaultRequest: { cpu: "50m", memory: "64Mi" },
        max: { cpu: "500m", memory: "1Gi" },
      },
      podSecurity: "restricted",
      priority: 500,
    },
  },

  defaultIsolation: "namespace",
  // Besides kube-* and default, which are always refused: the platform's own names.
  reservedTenantIds: ["tenantry", "tenant-manager", "platform"],

  network: {
    // Namespaces, by their labels, whose pods may reach every tenant. kube-system always may.
    ingressFrom: [
      { namespaceLabels: { "kubernetes.io/metadata.name": "monitoring" } },
      { namespaceLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } },
    ],
    // CoreDNS as EKS installs it. With a node-local cache, add its address: addresses: ["169.254.20.10/32"].
    dns: { namespaceLabels: { "kubernetes.io/metadata.name": "kube-system" }, podLabels: { "k8s-app": "kube-dns" } },
    // The instance metadata service, which would hand a pod the node's own credentials.
    metadataAddresses: ["169.254.169.254/32", "fd00:ec2::254/128"],
    // ADAPT THIS. What tenants may not reach although it is routable from their pods. It must cover the VPC (with its
    // secondary ranges), the pods' and the services' ranges, and peered or on-premises networks. These cover the usual
    // IPv4 ones; an IPv6 cluster's pods have public addresses, so add the VPC's IPv6 range there.
    // 0.0.0.0/0 or ::/0 here closes the internet of that family.
    privateRanges: [
      "10.0.0.0/8", // RFC 1918
      "172.16.0.0/12", // RFC 1918
      "192.168.0.0/16", // RFC 1918
      "100.64.0.0/10", // RFC 6598, carrier-grade NAT: secondary VPC ranges, where the VPC CNI often puts pods
      "169.254.0.0/16", // RFC 3927, link-local: also the credential endpoints of Pod Identity and of the node
      "198.18.0.0/15", // RFC 2544: used privately, by the VPC CNI's custom networking too
      "240.0.0.0/4", // RFC 1112, class E: usable inside a VPC
      "fc00::/7", // RFC 4193, unique local (fd00::/8 is in it)
      "fe80::/10", // RFC 4291, link-local
      "64:ff9b::/96", // RFC 6052, NAT64: would reach the IPv4 ranges above through the NAT gateway
    ],
  },

  // The Prometheus operator takes ServiceMonitors by the label `release`.
  monitoring: { release: "prometheus", port: "metrics", path: "/metrics", interval: "15s" },

  // ClusterRoles that a grant may name. These three are shipped; what others may do stands in ownRoles, rule by rule, and one
  // that would let its holder escalate is refused: { "release-manager": { description: "...", rules: [{ apiGroups: ["apps"], ... }] } }.
  grantRoles: ["tenant-admin", "tenant-developer", "tenant-viewer"],
  ownRoles: {},

  // Identity providers, each off until its secret is there (docs/identity/), and what membership of a group gives. {stage} is the
  // deployment's stage: each has secrets of its own.
  identity: {
    providers: {
      okta: {
        webhook: { format: "okta", secret: "secretsmanager:tenantry/{stage}/okta/webhook" },
        scim: { token: "secretsmanager:tenantry/{stage}/okta/scim" },
      },
      entra: { scim: { token: "secretsmanager:tenantry/{stage}/entra/scim" }, userId: "userName" },
      workos: { webhook: { format: "workos", secret: "secretsmanager:tenantry/{stage}/workos/webhook" }, userId: "email" },
      auth0: { webhook: { format: "auth0", secret: "secretsmanager:tenantry/{stage}/auth0/webhook" }, userId: "email" },
      keycloak: { webhook: { format: "keycloak", secret: "secretsmanager:tenantry/{stage}/keycloak/webhook" } },
      // Any other that signs by https://www.standardwebhooks.com.
      standard: { webhook: { format: "standard", secret: "secretsmanager:tenantry/{stage}/standard/webhook" } },
    },
    // A group gives a role by its exact name ({ group: "Platform", tenantId: "acme", role: "tenant-admin" }) or by a pattern.
    roleMapping: [
      { pattern: "tenant:{tenantId}:{role}", roles: { admin: "tenant-admin", developer: "tenant-developer", viewer: "tenant-viewer" } },
    ],
    // A comparison that would remove more than this share of a provider's memberships, and more than this many or all of them,
    // removes none, and says so.
    removeAtMost: { share: 0.2, count: 10 },
  },

  // What the control plane may ask of one cluster.
  cluster: { concurrency: 32, qps: 200, burst: 400, connections: 16, requestTimeoutMs: 5_000 },

  // Milliseconds: 2 s doubling to 5 min with jitter; blocked tenants hourly; no fitting cluster after 30 s, growing. What waits for
  // something outside for 10 minutes is a failure.
  retry: { baseMs: 2_000, capMs: 300_000, blockedMs: 3_600_000, placementMs: 30_000, waitMs: 600_000 },

  // What the drift check of a cluster does besides repairing what is ours. removeForeign: NetworkPolicies and RoleBindings that
  // are not ours, in tenants' namespaces, are removed, not only told of. removeUnknownAtMost: namespaces of this installation
  // without any record that one check may delete; where it finds more, it deletes none and says so.
  drift: { removeForeign: false, removeUnknownAtMost: 10 },

  // How an edit of this file reaches the tenants that are there: so many a minute, until more than this share of them fails.
  // With automatic: false it waits for POST /revisions/resume, after GET /revisions showed how many it is for.
  revisions: { automatic: true, tenantsPerMinute: 200, failureShare: 0.05 },

  // Days. Dedupe and tombstones must outlive every copy of an event that may be replayed (an EventBridge archive included).
  retentionDays: { dedupe: 30, tombstone: 30, audit: 400 },
});
