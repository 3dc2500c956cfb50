import { ClusterError, type ObjectRef } from "../../ports.ts";

interface Resource {
  plural: string;
  namespaced: boolean;
}

/** The kinds that Tenantry touches, by `apiVersion/kind`: known beforehand, so that no request is spent on discovery. */
const resources: Record<string, Resource> = {
  "v1/Namespace": { plural: "namespaces", namespaced: false },
  "v1/ServiceAccount": { plural: "serviceaccounts", namespaced: true },
  "v1/ResourceQuota": { plural: "resourcequotas", namespaced: true },
  "v1/LimitRange": { plural: "limitranges", namespaced: true },
  "networking.k8s.io/v1/NetworkPolicy": { plural: "networkpolicies", namespaced: true },
  "rbac.authorization.k8s.io/v1/Role": { plural: "roles", namespaced: true },
  "rbac.authorization.k8s.io/v1/RoleBinding": { plural: "rolebindings", namespaced: true },
  "apps/v1/Deployment": { plural: "deployments", namespaced: true },
  "apps/v1/StatefulSet": { plural: "statefulsets", namespaced: true },
  "batch/v1/CronJob": { plural: "cronjobs", namespaced: true },
  "rbac.authorization.k8s.io/v1/ClusterRole": { plural: "clusterroles", namespaced: false },
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": { plural: "clusterrolebindings", namespaced: false },
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy": { plural: "validatingadmissionpolicies", namespaced: false },
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": { plural: "validatingadmissionpolicybindings", namespaced: false },
  "flowcontrol.apiserver.k8s.io/v1/FlowSchema": { plural: "flowschemas", namespaced: false },
  "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration": { plural: "prioritylevelconfigurations", namespaced: false },
  "scheduling.k8s.io/v1/PriorityClass": { plural: "priorityclasses", namespaced: false },
  "monitoring.coreos.com/v1/ServiceMonitor": { plural: "servicemonitors", namespaced: true },
};

const refuse = (message: string): never => {
  throw new ClusterError(400, "BadRequest", message);
};

/** One path segment. Dots alone would walk the path; the rest is escaped. */
function segment(value: string | undefined, what: string): string {
  if (value === undefined || value === "" || value === "." || value === "..")
    return refuse(`${what} is missing or not a name: "${value ?? ""}"`);
  return encodeURIComponent(value);
}

/** `/api/v1` or `/apis/<group>/<version>`. */
export function pathOfVersion(apiVersion: string): string {
  const [group, version, ...rest] = apiVersion.split("/");
  if (rest.length > 0) refuse(`not an apiVersion: "${apiVersion}"`);
  if (version === undefined) return `/api/${segment(group, "The version")}`;
  return `/apis/${segment(group, "The group")}/${segment(version, "The version")}`;
}

/** The path of a kind's list, in a namespace or over all. Throws `ClusterError` (400) as `pathOf` does. */
export function pathOfList({ apiVersion, kind, namespace }: Omit<ObjectRef, "name">): string {
  const resource = resourceOf(apiVersion, kind);
  if (!resource.namespaced && namespace !== undefined) refuse(`${kind} is cluster-scoped, but a namespace was given: "${namespace}"`);
  const parent = namespace === undefined ? "" : `/namespaces/${segment(namespace, `The namespace of the list of ${kind}`)}`;
  return `${pathOfVersion(apiVersion)}${parent}/${resource.plural}`;
}

const resourceOf = (apiVersion: string, kind: string): Resource =>
  resources[`${apiVersion}/${kind}`] ?? refuse(`No path is known for ${apiVersion} ${kind}.`);

/** The path of one object. Names keep their case. Throws `ClusterError` (400) for a kind that is not in the table, or a name or namespace amiss. */
export function pathOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const resource = resourceOf(apiVersion, kind);
  if (!resource.namespaced && namespace !== undefined)
    refuse(`${kind} "${name}" is cluster-scoped, but a namespace was given: "${namespace}"`);
  const parent = resource.namespaced ? `/namespaces/${segment(namespace, `The namespace of ${kind} "${name}"`)}` : "";
  return `${pathOfVersion(apiVersion)}${parent}/${resource.plural}/${segment(name, `The name of a ${kind}`)}`;
}
