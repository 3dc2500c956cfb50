import type { V1RoleBinding } from "@kubernetes/client-node";
import { encodeUserId, type GrantKey } from "../domain/access.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { metadata } from "./identity.ts";

/** The user id that a grant's binding is for, as it was given. */
export const ANNOTATION_USER_ID = "tenantry.dev/user-id";

const PREFIX = "user-";

/** `user-<userId>-<role>`. No role ends in `-<another role>`, so no two grants share a name. */
export const grantBindingName = ({ userId, role }: Pick<GrantKey, "userId" | "role">): string => `${PREFIX}${encodeUserId(userId)}-${role}`;

/** Whether a key of an object (`kind/name`) is a grant's: those are not kept in the tenant's record. */
export const isGrantKey = (key: string): boolean => key.startsWith(`RoleBinding/${PREFIX}`);

/**
 * Gives a role of the allow-list to one person in the tenant's namespace.
 * @param usernamePrefix what the cluster's authenticator puts before user ids
 */
export function grantBinding(tenant: Tenant, { userId, role }: Pick<GrantKey, "userId" | "role">, usernamePrefix: string): V1RoleBinding {
  const base = metadata(tenant, grantBindingName({ userId, role }), namespaceOf(tenant.tenantId));
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { ...base, annotations: { ...base.annotations, [ANNOTATION_USER_ID]: userId } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: `${usernamePrefix}${userId}` }],
  };
}
