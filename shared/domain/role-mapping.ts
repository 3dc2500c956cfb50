import type { MappedRole } from "./identity.ts";
import type { Platform } from "./platform.ts";
import { tenantIdSchema } from "./tenant-id.ts";

type Mapping = Platform["identity"]["roleMapping"][number];

/** The roles that a provider's group gives, by the group's name. What names no tenant id or no role of the list gives none. */
export function rolesOf(
  provider: string,
  displayName: string,
  { identity, grantRoles }: Pick<Platform, "identity" | "grantRoles">,
): MappedRole[] {
  const found = identity.roleMapping
    .filter((mapping) => mapping.provider === undefined || mapping.provider === provider)
    .flatMap((mapping) => roleOf(mapping, displayName))
    .filter(({ tenantId, role }) => grantRoles.includes(role) && tenantIdSchema.safeParse(tenantId).success);
  const unique = new Map(found.map((mapped) => [`${mapped.tenantId}/${mapped.role}`, mapped]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, mapped]) => mapped);
}

function roleOf(mapping: Mapping, displayName: string): MappedRole[] {
  if ("group" in mapping) return mapping.group === displayName ? [{ tenantId: mapping.tenantId, role: mapping.role }] : [];
  const groups = patternOf(mapping.pattern).exec(displayName)?.groups;
  const tenantId = groups?.["tenantId"] ?? mapping.tenantId;
  const role = mapping.roles?.[groups?.["role"] ?? ""] ?? groups?.["role"] ?? mapping.role;
  return groups === undefined || tenantId === undefined || role === undefined ? [] : [{ tenantId, role }];
}

const patterns = new Map<string, RegExp>();

/** `tenant:{tenantId}:{role}` as an expression; all else in it is literal. */
function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const source = pattern
    .split(/(\{tenantId\}|\{role\})/)
    .map((part) =>
      part === "{tenantId}" ? "(?<tenantId>.+?)" : part === "{role}" ? "(?<role>.+?)" : part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"),
    )
    .join("");
  const made = new RegExp(`^${source}$`, "su");
  patterns.set(pattern, made);
  return made;
}
