import { canonicalHash } from "../../domain/canonical.ts";
import type { DirectoryGroup, MappedRole } from "../../domain/identity.ts";
import type { Platform } from "../../domain/platform.ts";
import { rolesOf } from "../../domain/role-mapping.ts";
import type { AccessPorts } from "./ports.ts";

/** The group with what the mapping now makes of its name; a change of that is recorded before anything follows from it. */
export async function mapGroup(group: DirectoryGroup, { directory, platform, clock }: AccessPorts): Promise<DirectoryGroup> {
  const roles = rolesNow(group, platform);
  const mappedFor = canonicalHash(roles);
  if (group.mappedFor === mappedFor) return group;
  const now = clock.now().toISOString();
  const after: DirectoryGroup = {
    ...group,
    mapped: union(group.mapped, roles),
    // Newer than what followed from the mapping before.
    mappedAt: group.mappedAt >= now ? new Date(Date.parse(group.mappedAt) + 1).toISOString() : now,
    mappedFor,
    passing: true,
    version: group.version + 1,
  };
  await directory.writeGroup(group, after);
  return after;
}

/** What the role mapping makes of the group's name now; nothing of a deleted group. */
export const rolesNow = (group: DirectoryGroup, platform: Platform): MappedRole[] =>
  group.deleted === true ? [] : rolesOf(group.provider, group.displayName, platform);

/** Whether what the group gave last is what the role mapping makes of its name now. */
export const isMappedAsNow = (group: DirectoryGroup, platform: Platform): boolean =>
  canonicalHash(group.mapped) === canonicalHash(rolesNow(group, platform));

export const isSameRole = (a: MappedRole, b: MappedRole): boolean => a.tenantId === b.tenantId && a.role === b.role;
const union = (before: MappedRole[], now: MappedRole[]): MappedRole[] => [
  ...before.filter((old) => !now.some((one) => isSameRole(old, one))),
  ...now,
];
