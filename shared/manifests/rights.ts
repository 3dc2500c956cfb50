import type { V1PolicyRule } from "@kubernetes/client-node";

/**
 * What tenants may do in their own namespace. Always listed, never `*`. What stands nowhere here is what holds a tenant in:
 * quotas, limits, network policies, RBAC, service accounts and their tokens, the namespace, endpoints (which would point an
 * ingress controller at another tenant's pods), and DaemonSets (nodes are the platform's).
 */
const READ = ["get", "list", "watch"];
const WRITE = ["create", "update", "patch", "delete", "deletecollection"];

const rule = (apiGroups: string, resources: string[], verbs: string[]): V1PolicyRule => ({ apiGroups: [apiGroups], resources, verbs });

/** Workloads and what belongs to them, with these verbs. */
const workloads = (verbs: string[]): V1PolicyRule[] => [
  rule("", ["pods", "services", "configmaps", "persistentvolumeclaims"], verbs),
  rule("apps", ["deployments", "statefulsets"], verbs),
  rule("batch", ["jobs", "cronjobs"], verbs),
  rule("networking.k8s.io", ["ingresses"], verbs),
  rule("autoscaling", ["horizontalpodautoscalers"], verbs),
];

/** What controllers and the cluster tell about them. */
const insight = [
  rule("", ["pods/log"], ["get"]),
  rule("", ["events"], READ),
  rule("events.k8s.io", ["events"], READ),
  rule("apps", ["replicasets", "controllerrevisions"], READ),
];

/** Into a running container, and scaling. A websocket's upgrade is a GET, so both verbs. */
const operate = [
  rule("", ["pods/exec", "pods/attach", "pods/portforward"], ["get", "create"]),
  rule("", ["pods/eviction"], ["create"]),
  rule("apps", ["deployments/scale", "statefulsets/scale"], ["get", "update", "patch"]),
];

/** What holds the tenant in, to look at: a person wants to know why a pod is refused. */
const guards = [rule("", ["resourcequotas", "limitranges"], READ), rule("networking.k8s.io", ["networkpolicies"], READ)];

const secrets = rule("", ["secrets"], [...READ, ...WRITE]);

/** Rules of `tenant-role`, and so of the tenant's ServiceAccount. */
export const tenantRules: V1PolicyRule[] = [...workloads([...READ, ...WRITE]), secrets, ...insight, ...operate];

/** The shipped ClusterRoles that grants may name. */
export const grantRules: Record<string, { description: string; rules: V1PolicyRule[] }> = {
  "tenant-admin": {
    description: "Everything that the tenant itself may do, and reading what holds it in.",
    rules: [...tenantRules, ...guards],
  },
  "tenant-developer": {
    description: "Workloads, logs and shells; no Secrets by name (but who may run a pod can mount them).",
    rules: [...workloads([...READ, ...WRITE]), ...insight, ...operate, ...guards],
  },
  "tenant-viewer": {
    description: "Reading, logs included; no Secrets and no shells.",
    rules: [...workloads(READ), ...insight, ...guards],
  },
};
