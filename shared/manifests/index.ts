import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../domain/cluster.ts";
import type { Platform } from "../domain/platform.ts";
import type { ObjectRef } from "../domain/object-ref.ts";
import { type ConditionType, isAsleep, namespaceOf, type Tenant } from "../domain/tenant.ts";
import { NAMES, serviceAccountOf } from "./identity.ts";
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
export { hasTier } from "./tier.ts";
export { GENERATORS_VERSION, revision, revisionOn, targetRevision } from "./revision.ts";

/** An object among its tenant's. */
interface Named {
  /** As `objectKey` has it. */
  key: string;
  kind: string;
  name: string;
}
const named = (kind: string, name: string): Named => ({ key: `${kind}/${name}`, kind, name });

/** An object that a tenant is to have; made only where it is asked for. */
export interface Blueprint extends Named {
  byTier: boolean;
  /** Throws `UnknownTier`. */
  make: () => KubernetesObject;
}

interface Generator {
  /** One that every tenant's object has, or each its own. */
  as: Named | ((tenant: Tenant) => Named);
  /** Whether a tenant is to have it there; every one is where this is left out. */
  wanted?: (tenant: Tenant, cluster: Cluster) => boolean;
  /** Shaped by the tenant's tier, and not to be made without it. */
  byTier?: true;
  make: (tenant: Tenant, platform: Platform, cluster: Cluster, installation: string) => KubernetesObject;
}

/** The Namespace first. The others need it and nothing of each other, so they may be applied at once. */
const generators: Generator[] = [
  { as: ({ tenantId }) => named("Namespace", namespaceOf(tenantId)), byTier: true, make: namespace },
  { as: named("NetworkPolicy", NAMES.networkPolicy), make: networkPolicy },
  { as: ({ tenantId }) => named("ServiceAccount", serviceAccountOf(tenantId)), make: serviceAccount },
  { as: named("Role", NAMES.role), make: role },
  { as: named("RoleBinding", NAMES.roleBinding), wanted: (tenant) => !isAsleep(tenant), make: roleBinding },
  { as: named("ResourceQuota", NAMES.resourceQuota), byTier: true, make: resourceQuota },
  { as: named("LimitRange", NAMES.limitRange), byTier: true, make: limitRange },
  { as: named("ServiceMonitor", NAMES.serviceMonitor), wanted: (_, { capabilities }) => capabilities.serviceMonitor, make: serviceMonitor },
];

/** What every object of a tenant in a cluster is to be, in the order of `tenantObjects`. */
export function blueprints(tenant: Tenant, platform: Platform, cluster: Cluster, installation: string): Blueprint[] {
  const found: Blueprint[] = [];
  for (const { as, wanted, byTier = false, make } of generators) {
    if (wanted?.(tenant, cluster) === false) continue;
    const { key, kind, name } = typeof as === "function" ? as(tenant) : as;
    found.push({ key, kind, name, byTier, make: () => make(tenant, platform, cluster, installation) });
  }
  return found;
}

/**
 * Every object of a tenant in a cluster, the Namespace first; the others need it and nothing of each other, so they
 * may be applied at once. Throws `UnknownTier`.
 */
export const tenantObjects = (tenant: Tenant, platform: Platform, cluster: Cluster, installation: string): KubernetesObject[] =>
  blueprints(tenant, platform, cluster, installation).map(({ make }) => make());

/** Those of them that no tier shapes: what is still brought to a tenant whose tier is not in the configuration. */
export const objectsWithoutTier = (tenant: Tenant, platform: Platform, cluster: Cluster, installation: string): KubernetesObject[] =>
  blueprints(tenant, platform, cluster, installation)
    .filter(({ byTier }) => !byTier)
    .map(({ make }) => make());

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
