import type { V1ClusterRole, V1ClusterRoleBinding, V1PolicyRule } from "@kubernetes/client-node";
import type { AccessRight } from "../../domain/access-right.ts";
import type { Platform } from "../../domain/platform.ts";
import { NAMES, PROVISIONER_GROUP } from "../identity.ts";
import { type BootstrapEntry, entry, labels } from "./entry.ts";

const NAME = "tenantry-provisioner";
const RBAC = "rbac.authorization.k8s.io";
const READ = ["get", "list"];
/** Server-side apply is a `patch`, and a `create` where the object is not there yet; both carry the name, so names can bound them. */
const WRITE = ["create", "patch", "delete"];

/** Kinds outside namespaces, listed after a decommission for what a tenant may have left. Add your own CRDs' to the ClusterRole. */
const clusterScopedKinds: [group: string, resources: string[]][] = [
  ["", ["nodes", "persistentvolumes"]],
  [
    "admissionregistration.k8s.io",
    [
      "mutatingwebhookconfigurations",
      "validatingwebhookconfigurations",
      "validatingadmissionpolicies",
      "validatingadmissionpolicybindings",
    ],
  ],
  ["apiextensions.k8s.io", ["customresourcedefinitions"]],
  ["apiregistration.k8s.io", ["apiservices"]],
  ["certificates.k8s.io", ["certificatesigningrequests"]],
  ["flowcontrol.apiserver.k8s.io", ["flowschemas", "prioritylevelconfigurations"]],
  ["networking.k8s.io", ["ingressclasses", "ipaddresses", "servicecidrs"]],
  ["node.k8s.io", ["runtimeclasses"]],
  [RBAC, ["clusterroles", "clusterrolebindings"]],
  ["resource.k8s.io", ["deviceclasses", "resourceslices"]],
  ["scheduling.k8s.io", ["priorityclasses"]],
  ["storage.k8s.io", ["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"]],
];

/** Every right that the provisioner's ClusterRole gives, one by one: what a cluster must allow before tenants come there. */
export function provisionerRights(platform: Platform): AccessRight[] {
  return provisionerRules(platform).flatMap(({ apiGroups = [], resources = [], resourceNames = [undefined], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((of) => {
        const [resource = "", subresource] = of.split("/");
        return verbs.flatMap((verb) => resourceNames.map((name) => ({ verb, group, resource, subresource, name })));
      }),
    ),
  );
}

const provisionerRules = ({ grantRoles }: Platform): V1PolicyRule[] => [
  { apiGroups: [""], resources: ["namespaces"], verbs: [...READ, ...WRITE] },
  { apiGroups: [""], resources: ["namespaces/finalize"], verbs: ["update"] },
  { apiGroups: [""], resources: ["serviceaccounts"], verbs: [...READ, ...WRITE] },
  { apiGroups: [""], resources: ["resourcequotas", "limitranges"], verbs: READ },
  { apiGroups: [""], resources: ["resourcequotas"], resourceNames: [NAMES.resourceQuota], verbs: WRITE },
  { apiGroups: [""], resources: ["limitranges"], resourceNames: [NAMES.limitRange], verbs: WRITE },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: READ },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], resourceNames: [NAMES.networkPolicy], verbs: WRITE },
  { apiGroups: ["monitoring.coreos.com"], resources: ["servicemonitors"], verbs: READ },
  { apiGroups: ["monitoring.coreos.com"], resources: ["servicemonitors"], resourceNames: [NAMES.serviceMonitor], verbs: WRITE },
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["list"] },
  { apiGroups: ["apps"], resources: ["deployments/scale", "statefulsets/scale"], verbs: ["patch"] },
  { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["list", "patch"] },
  ...clusterScopedKinds.map(([group, resources]) => ({ apiGroups: [group], resources, verbs: ["list"] })),
  { apiGroups: [RBAC], resources: ["roles"], verbs: READ },
  { apiGroups: [RBAC], resources: ["roles"], resourceNames: [NAMES.role], verbs: [...WRITE, "escalate", "bind"] },
  { apiGroups: [RBAC], resources: ["rolebindings"], verbs: [...READ, ...WRITE] },
  ...(grantRoles.length === 0 ? [] : [{ apiGroups: [RBAC], resources: ["clusterroles"], resourceNames: grantRoles, verbs: ["bind"] }]),
];

/** What the control plane may do in the cluster, and to whom that is given. */
export function provisioner(platform: Platform): BootstrapEntry[] {
  return [
    entry<V1ClusterRole>(
      `What the control plane may do. No rule names Secrets or pods; of workloads it may set the scale, and whether a CronJob is suspended.
Objects with a fixed name are writable by that name alone. \`escalate\` and \`bind\` are needed because the control plane
gives tenants rights that it does not have itself: for the Role ${NAMES.role} and for the ClusterRoles that grants may name, no other.
RBAC cannot bound namespaces by a prefix: the policies tenantry-scope and tenantry-access do that.`,
      {
        apiVersion: `${RBAC}/v1`,
        kind: "ClusterRole",
        metadata: { name: NAME, labels },
        rules: provisionerRules(platform),
      },
    ),
    entry<V1ClusterRoleBinding>(
      `Map the control plane's IAM role to this group: an EKS access entry of type STANDARD with kubernetesGroups
[${PROVISIONER_GROUP}], or a mapRoles entry of aws-auth. Never to system:masters.`,
      {
        apiVersion: `${RBAC}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name: NAME, labels },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: NAME },
        subjects: [{ apiGroup: RBAC, kind: "Group", name: PROVISIONER_GROUP }],
      },
    ),
  ];
}
