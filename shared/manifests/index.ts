import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import type { ObjectRef } from "../domain/object-ref.ts";
import { type ConditionType, isAsleep, type Tenant } from "../domain/tenant.ts";
import { limitRange } from "./limit-range.ts";
import { namespace } from "./namespace.ts";
import { networkPolicy } from "./network-policy.ts";
import { resourceQuota } from "./resource-quota.ts";
import { roleBinding } from "./role-binding.ts";
import { role } from "./role.ts";
import { serviceAccount } from "./service-account.ts";
import { serviceMonitor } from "./service-monitor.ts";

export { ANNOTATION_USER_ID, grantBinding, grantBindingName, isGrantKey } from "./grant-binding.ts";
export { objectHash, shortHash } from "./hash.ts";
export {
  ANNOTATION_GENERATION,
  ANNOTATION_INSTALLATION,
  FIELD_MANAGER,
  LABEL_MANAGED_BY,
  LABEL_TENANT,
  MANAGED_BY,
  NAMES,
  NAMESPACE_PREFIX,
  PROVISIONER_GROUP,
} from "./identity.ts";
export { GENERATORS_VERSION, revision, revisionOn, targetRevision } from "./revision.ts";

/**
 * Every object of a tenant in a cluster, the Namespace first; the others need it and nothing of each other, so they
 * may be applied at once. Throws `UnknownTier`.
 */
export function tenantObjects(tenant: Tenant, platform: Platform, cluster: Cluster, installation: string): KubernetesObject[] {
  return [
    namespace(tenant, platform, cluster, installation),
    networkPolicy(tenant, platform),
    serviceAccount(tenant),
    role(tenant),
    ...(isAsleep(tenant) ? [] : [roleBinding(tenant)]),
    resourceQuota(tenant, platform),
    limitRange(tenant, platform),
    ...(cluster.capabilities.serviceMonitor ? [serviceMonitor(tenant, platform)] : []),
  ];
}

/** Objects of a tenant that must not be there now: asleep, nobody of the tenant has access. */
export function absentObjects(tenant: Tenant): ObjectRef[] {
  return isAsleep(tenant) ? [refOf(roleBinding(tenant))] : [];
}

/** What names an object. */
export const refOf = ({ apiVersion = "", kind = "", metadata }: KubernetesObject): ObjectRef => ({
  apiVersion,
  kind,
  name: metadata?.name ?? "",
  namespace: metadata?.namespace,
});

/** Key of an object among its tenant's: `kind/name`. */
export const objectKey = (object: KubernetesObject): string => `${object.kind}/${object.metadata?.name}`;

const conditions: Record<string, ConditionType> = {
  Namespace: "Isolated",
  NetworkPolicy: "Isolated",
  ResourceQuota: "QuotaApplied",
  LimitRange: "QuotaApplied",
  ServiceAccount: "AccessApplied",
  Role: "AccessApplied",
  RoleBinding: "AccessApplied",
  ServiceMonitor: "Monitored",
};

/** The condition that an object of a kind belongs to. Throws on a kind that no generator makes. */
export function conditionOf(kind: string): ConditionType {
  const condition = conditions[kind];
  if (condition === undefined) throw new Error(`No condition for the kind ${kind}`);
  return condition;
}
