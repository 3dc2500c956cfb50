import type { Platform } from "../../domain/platform.ts";
import { LABEL_MANAGED_BY, LABEL_TIER, MANAGED_BY } from "../identity.ts";
import type { BootstrapEntry } from "./entry.ts";
import { denyPolicy } from "./policy.ts";

const inTenantNamespaces = { namespaceSelector: { matchLabels: { [LABEL_MANAGED_BY]: MANAGED_BY } } };

/** Without it, any tenant could name the class of a higher tier, or a system one. */
function priority(platform: Platform): BootstrapEntry[] {
  const highest = Object.entries(platform.tiers).map(([tier, { priority }]) => `'${tier}': ${priority}`);
  return denyPolicy("tenantry-priority", "No pod in a tenant's namespace outranks the tenant's tier, whoever creates it.", {
    matchConstraints: {
      ...inTenantNamespaces,
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
    },
    variables: [
      { name: "tier", expression: `namespaceObject.metadata.?labels[?'${LABEL_TIER}'].orValue('')` },
      { name: "highest", expression: `{${highest.join(", ")}}[?variables.tier].orValue(0)` },
    ],
    validations: [
      {
        expression: "object.spec.?priority.orValue(0) <= variables.highest",
        messageExpression: "'pods of the tier \"' + variables.tier + '\" may have a priority of ' + string(variables.highest) + ' at most'",
        message: "the pod's priority is above its tenant's tier",
        reason: "Forbidden",
      },
    ],
  });
}

/**
 * The token controller fills such a Secret with a token that never expires. Whoever may create Secrets could take one along,
 * and keep the tenant's rights after their own grant was revoked. A Secret's type cannot change, so creation is all to watch.
 */
function tokenSecrets(): BootstrapEntry[] {
  const type = "kubernetes.io/service-account-token";
  return denyPolicy(
    "tenantry-token-secrets",
    `No Secret of type ${type} in a tenant's namespace, whoever creates it: its token never expires.`,
    {
      matchConstraints: {
        ...inTenantNamespaces,
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["secrets"], operations: ["CREATE"] }],
      },
      validations: [
        {
          expression: `object.?type.orValue('') != '${type}'`,
          message: `a tenant's namespace holds no Secret of type ${type}, because its token never expires; pods get short-lived tokens by a projected volume`,
          reason: "Forbidden",
        },
      ],
    },
  );
}

/** The policies that hold for everybody who writes in a tenant's namespace. */
export const tenantPolicies = (platform: Platform): BootstrapEntry[] => [...priority(platform), ...tokenSecrets()];
