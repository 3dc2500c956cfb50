import type { Platform } from "../../domain/platform.ts";
import { LABEL_MANAGED_BY, MANAGED_BY, NAMES, NAMESPACE_PREFIX } from "../identity.ts";
import type { BootstrapEntry } from "./entry.ts";
import { byProvisioner, denyPolicy } from "./policy.ts";

const managed = (object: string): string => `${object}.metadata.?labels[?'${LABEL_MANAGED_BY}'].orValue('') == '${MANAGED_BY}'`;
const named = (object: string): string => `${object}.metadata.name.startsWith('${NAMESPACE_PREFIX}')`;
const list = (items: string[]): string => `[${items.map((item) => `'${item}'`).join(", ")}]`;
const RBAC = "rbac.authorization.k8s.io";

/** Keeps the control plane to tenants' namespaces: with its identity, nobody can delete kube-system or bind a role there. */
function scope(): BootstrapEntry[] {
  return denyPolicy(
    "tenantry-scope",
    `Keeps the control plane to namespaces that are named ${NAMESPACE_PREFIX}* and labelled ${LABEL_MANAGED_BY}=${MANAGED_BY}, before and after
each change. To have it take over a namespace that you made, set that label yourself.`,
    {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [""], apiVersions: ["*"], resources: ["namespaces", "namespaces/*"], operations: ["*"], scope: "Cluster" },
          { apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"], scope: "Namespaced" },
        ],
      },
      matchConditions: [byProvisioner],
      variables: [{ name: "isNamespace", expression: "request.resource.group == '' && request.resource.resource == 'namespaces'" }],
      validations: [
        {
          expression: `!variables.isNamespace || ((object == null || (${named("object")} && ${managed("object")})) && (oldObject == null || (${named("oldObject")} && ${managed("oldObject")})))`,
          message: `the control plane may only touch namespaces named ${NAMESPACE_PREFIX}* and labelled ${LABEL_MANAGED_BY}=${MANAGED_BY}`,
          reason: "Forbidden",
        },
        {
          expression: `variables.isNamespace || (namespaceObject != null && ${named("namespaceObject")} && ${managed("namespaceObject")})`,
          message: "the control plane may only touch objects in tenants' namespaces",
          reason: "Forbidden",
        },
      ],
    },
  );
}

/** Keeps `escalate` and `bind` from being turned on the tenants, or on ourselves. */
function access(platform: Platform): BootstrapEntry[] {
  const guarded = ["*", "resourcequotas", "limitranges", "networkpolicies", "namespaces", "serviceaccounts", "serviceaccounts/token"];
  return denyPolicy(
    "tenantry-access",
    `Keeps what the control plane may write into Roles and RoleBindings to what it is for: ${NAMES.role} never reaches what holds a tenant in,
nothing but it and the ClusterRoles that grants may name is bound (RBAC alone would let the control plane bind its own ClusterRole, whose
rights it holds), and nothing is bound to a group, to a system user, to another namespace's service account, or to the control plane itself.`,
    {
      matchConstraints: {
        resourceRules: [{ apiGroups: [RBAC], apiVersions: ["*"], resources: ["roles", "rolebindings"], operations: ["CREATE", "UPDATE"] }],
      },
      matchConditions: [byProvisioner],
      validations: [
        {
          expression:
            "request.resource.resource != 'roles' || object.?rules.orValue([]).all(r, " +
            `r.?apiGroups.orValue([]).all(g, !(g in ${list(["*", RBAC])})) && ` +
            `r.?resources.orValue([]).all(x, !(x in ${list(guarded)})) && ` +
            `r.verbs.all(v, !(v in ${list(["*", "escalate", "bind", "impersonate"])})))`,
          message: "a Role of a tenant may not reach RBAC, quotas, limits, network policies, service accounts or the namespace",
          reason: "Forbidden",
        },
        {
          expression:
            "request.resource.resource != 'rolebindings' || " +
            `(object.metadata.name == '${NAMES.roleBinding}' && object.roleRef.kind == 'Role' && object.roleRef.name == '${NAMES.role}') || ` +
            `(object.metadata.name.startsWith('user-') && object.roleRef.kind == 'ClusterRole' && object.roleRef.name in ${list(platform.grantRoles)})`,
          message: `a RoleBinding of a tenant is ${NAMES.roleBinding}, to ${NAMES.role}, or user-*, to one of the ClusterRoles that grants may name`,
          reason: "Forbidden",
        },
        {
          expression:
            "request.resource.resource != 'rolebindings' || object.?subjects.orValue([]).all(s, " +
            "(s.kind == 'ServiceAccount' && s.?namespace.orValue('') == object.metadata.namespace) || " +
            "(s.kind == 'User' && !s.name.startsWith('system:') && s.name != request.userInfo.username))",
          message:
            "a RoleBinding of a tenant names users, or service accounts of its own namespace; never groups, system users or the control plane",
          reason: "Forbidden",
        },
      ],
    },
  );
}

/** Of a CronJob, the control plane may turn `suspend` and nothing else: the right to patch would reach the images, too. */
function sleep(): BootstrapEntry[] {
  return denyPolicy("tenantry-sleep", "The control plane may suspend a CronJob, and wake it; what it runs and when stays the tenant's.", {
    matchConstraints: { resourceRules: [{ apiGroups: ["batch"], apiVersions: ["*"], resources: ["cronjobs"], operations: ["UPDATE"] }] },
    matchConditions: [byProvisioner],
    validations: [
      {
        expression: "object.spec.jobTemplate == oldObject.spec.jobTemplate && object.spec.schedule == oldObject.spec.schedule",
        message: "the control plane may only suspend a CronJob, or wake it",
        reason: "Forbidden",
      },
    ],
  });
}

/** The policies that bound what the control plane may touch and grant. */
export const scopePolicies = (platform: Platform): BootstrapEntry[] => [...scope(), ...access(platform), ...sleep()];
