import * as z from "zod";

/** The ClusterRoles that come with `bootstrap.yaml` (shared/manifests/rights.ts). */
export const SHIPPED_ROLES = ["tenant-admin", "tenant-developer", "tenant-viewer"];

export const grantRoleName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "lower-case letters, digits and hyphens")
  .refine((name) => !["cluster-admin", "admin", "edit", "view"].includes(name), "Kubernetes keeps this name for a ClusterRole of its own");

export const grantRoleNames = z.array(grantRoleName).check((roles) => {
  for (const role of roles.value) {
    const other = roles.value.find((name) => role.endsWith(`-${name}`));
    if (other !== undefined)
      roles.issues.push({ code: "custom", input: role, message: `${role} ends in -${other}: the binding's name would be ambiguous` });
  }
});

/** What holds a tenant in, or hands out more rights than one has: nobody but the platform writes it. */
const guarded = new Set([
  "bindings",
  "daemonsets",
  "endpoints",
  "endpointslices",
  "limitranges",
  "namespaces",
  "networkpolicies",
  "resourcequotas",
  "resourcequotas/status",
  "serviceaccounts",
  "serviceaccounts/token",
]);
const guardedGroups = new Set([
  "rbac.authorization.k8s.io",
  "admissionregistration.k8s.io",
  "certificates.k8s.io",
  "cilium.io",
  "crd.projectcalico.org",
]);
const reading = new Set(["get", "list", "watch"]);

const listed = z.array(z.string()).min(1);
const rule = z
  .strictObject({ apiGroups: listed, resources: listed, verbs: listed, resourceNames: z.array(z.string()).exactOptional() })
  .check((one) => {
    const mistake = escalation(one.value);
    if (mistake !== undefined) one.issues.push({ code: "custom", input: one.value, message: mistake });
  });
export type GrantRule = z.infer<typeof rule>;

/** A ClusterRole as an operator writes it: its rules are listed one by one, and none of them lets anybody escalate. */
export const ownRole = z.strictObject({ description: z.string().min(1).max(500), rules: z.array(rule).min(1) });

/** Why a rule would let its holder escalate, or leave what holds the tenant in; `undefined` where it would not. */
export function escalation({ apiGroups, resources, verbs }: Pick<GrantRule, "apiGroups" | "resources" | "verbs">): string | undefined {
  const every = [...apiGroups, ...resources, ...verbs].find((name) => name === "*" || name.includes("*"));
  if (every !== undefined) return `"${every}" gives what nobody has thought of: list it`;
  const verb = verbs.find((name) => ["escalate", "bind", "impersonate"].includes(name));
  if (verb !== undefined) return `the verb "${verb}" lets its holder escalate`;
  if (verbs.every((name) => reading.has(name))) return undefined;
  const group = apiGroups.find((name) => guardedGroups.has(name));
  if (group !== undefined) return `writing in "${group}" lets its holder escalate`;
  const resource = resources.find((name) => guarded.has(name));
  return resource === undefined ? undefined : `writing "${resource}" lets its holder leave what holds the tenant in`;
}

/** Roles that grants may name and that nothing defines. */
export const undefinedRoles = (grantRoles: readonly string[], ownRoles: Record<string, unknown>): string[] =>
  grantRoles.filter((name) => !SHIPPED_ROLES.includes(name) && !Object.hasOwn(ownRoles, name));
