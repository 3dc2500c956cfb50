import * as z from "zod";

const providerName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "1 to 31 characters a-z, 0-9 and -, beginning with a letter");

/**
 * Where a secret is: `secretsmanager:<name>` or `ssm:<name>` (a SecureString), with the deployment's stage for `{stage}`. Its value is one secret, or a JSON array of
 * two of which both are valid, so that one can be rotated for the other. No secret there yet: everything is refused.
 */
const secretRef = z.string().regex(/^(secretsmanager|ssm):(?:[\w/.@+=-]|\{stage\}){1,512}$/, "secretsmanager:<name> or ssm:<name>");

/** An IAM user or role, path and all. Sessions are no identities of their own. */
export const PRINCIPAL_ARN = /^arn:aws[a-z-]*:iam::\d{12}:(user|role)\/[\w+=,.@/-]{1,512}$/;
const USER_ID = "{userId}";

/** Where people, groups and memberships come from. Each way is on where it is named. */
const providerSchema = z.strictObject({
  /** `POST /webhooks/{provider}`: how the provider signs, and the secret (for `standard`, `whsec_` or `whpk_`). */
  webhook: z.strictObject({ format: z.enum(["standard", "okta", "workos", "auth0", "keycloak"]), secret: secretRef }).optional(),
  /** `/scim/v2` with this bearer token. */
  scim: z.strictObject({ token: secretRef }).optional(),
  /** What of a user is the user id of grants: it must be what the clusters' authenticator makes of the person's token. */
  userId: z.enum(["userName", "email", "externalId"]).default("userName"),
  /** The AWS identity of each person, for clusters of mode `iam`: an ARN with `{userId}`, the user id of grants, in it. */
  principalArn: z
    .string()
    .refine((template) => template.split(USER_ID).length === 2 && PRINCIPAL_ARN.test(template.replace(USER_ID, "x")), {
      error: "the ARN of an IAM user or role with {userId} once in it",
    })
    .optional(),
  /** The provider's own API, asked for what a lost webhook left out. */
  api: z.strictObject({ kind: z.enum(["okta"]), url: z.url({ protocol: /^https?$/ }), token: secretRef }).optional(),
});

/** A person's AWS identity by a provider's template; `undefined` for a user id that no IAM name can hold. */
export function principalOfUser(template: string | undefined, userId: string): string | undefined {
  if (template === undefined || !/^[\w+=,.@-]{1,64}$/.test(userId)) return undefined;
  return template.replace(USER_ID, () => userId);
}

/** An identity provider's group, by its exact name or by a pattern, and the role that it gives in a tenant. */
const roleMapping = z.union([
  z.strictObject({ provider: providerName.optional(), group: z.string().min(1), tenantId: z.string(), role: z.string() }),
  z.strictObject({
    provider: providerName.optional(),
    /** A group's name with `{tenantId}` and `{role}` in it; each that it lacks is named here. */
    pattern: z.string().min(1),
    tenantId: z.string().optional(),
    role: z.string().optional(),
    /** What the pattern's `{role}` stands for, where the groups' names do not say the ClusterRole's. */
    roles: z.record(z.string(), z.string()).optional(),
  }),
]);

/** Who may do what follows the identity providers: their people and groups, and what a group's membership gives. */
export const identitySchema = z
  .strictObject({
    providers: z.record(providerName, providerSchema).default({}),
    roleMapping: z.array(roleMapping).default([]),
    /** The comparison with a provider removes at most this share (0 to 1) of its memberships at once, and this many in any case. */
    removeAtMost: z.strictObject({ share: z.number().min(0).max(1).default(0.2), count: z.int().min(0).default(10) }).prefault({}),
  })
  .prefault({});

/** What is wrong with a mapping, in words. */
export function mappingMistake(
  mapping: z.infer<typeof roleMapping>,
  providers: Record<string, unknown>,
  grantRoles: readonly string[],
): string | undefined {
  const roles = [mapping.role, ...("roles" in mapping ? Object.values(mapping.roles ?? {}) : [])].filter((role) => role !== undefined);
  const unknown = roles.find((role) => !grantRoles.includes(role));
  if (unknown !== undefined) return `grantRoles has no role "${unknown}"`;
  if (mapping.provider !== undefined && !Object.hasOwn(providers, mapping.provider)) return `there is no provider "${mapping.provider}"`;
  if (!("pattern" in mapping)) return undefined;
  const named = (part: string, given: string | undefined): boolean =>
    mapping.pattern.split(`{${part}}`).length === (given === undefined ? 2 : 1);
  if (!named("tenantId", mapping.tenantId)) return "the tenant: {tenantId} once in the pattern, or tenantId beside it";
  if (!named("role", mapping.role)) return "the role: {role} once in the pattern, or role beside it";
  return undefined;
}
