import type { GrantAsked } from "../../domain/grant-intent.ts";
import { principalOfUser } from "../../domain/identity-config.ts";
import type { DirectoryGroup, DirectoryUser, Membership } from "../../domain/identity.ts";
import type { Platform } from "../../domain/platform.ts";
import type { Cause } from "../../domain/tenant.ts";
import { isSameRole, rolesNow } from "./map-group.ts";
import { isAgain, isOfGroup } from "./marks.ts";
import { userIdOf } from "./user-id.ts";

/** What a source says of a grant in a tenant. */
export type TenantGrantAsked = GrantAsked & { tenantId: string };

/**
 * What a membership says of the grants that the group gives, or gave: a function of the records alone, dated by all of them,
 * so that it does not matter who works on it, how often, and in which order.
 *
 *     membership (at) ──┐
 *     user (at, active) ┼─> granted or not, at = max, then sum ─> the grant's source `<provider>:<group>`: the highest wins
 *     mapping (mappedAt)┤
 *     notBefore ────────┘
 */
export function judgeMembership(
  group: DirectoryGroup,
  membership: Membership,
  user: DirectoryUser | undefined,
  { platform }: { platform: Platform },
): TenantGrantAsked[] {
  const now = rolesNow(group, platform);
  const userId = user && userIdOf(user, { platform });
  const times = [membership.at, user?.at, group.mappedAt, membership.notBefore].filter((time) => time !== undefined);
  const at = times.toSorted().at(-1) ?? membership.at;
  // Each of them only moves on, so a later word on any of them makes a larger sum where the newest is the same.
  const order = times.reduce((sum, time) => sum + Date.parse(time), 0);
  const template = platform.identity.providers[group.provider]?.principalArn;
  const source = `${group.provider}:${group.id}`;
  const { cause } = triggerOf(membership, user, group);
  const stands = membership.member && user?.active === true && user.deleted !== true;
  const former = membership.grantedAs !== undefined && membership.grantedAs !== userId ? [membership.grantedAs] : [];
  // Whoever was at it while the name changed may have given to a name that nobody noted down.
  const earlier = (user?.former ?? []).flatMap(({ until, ...name }) => {
    const old = user && userIdOf({ ...user, ...name }, { platform });
    return old === undefined || old === userId || former.includes(old)
      ? []
      : [{ userId: old, granted: false, at: until, order: undefined }];
  });
  return group.mapped.flatMap(({ tenantId, role }) => {
    const common = { tenantId, role, source, group: group.displayName, at, order, cause };
    const granted = stands && now.some((one) => isSameRole(one, { tenantId, role }));
    return [
      ...(userId === undefined
        ? []
        : [{ ...common, userId, granted, ...(granted && { principalArn: principalOfUser(template, userId) }) }]),
      ...former.map((old) => ({ ...common, userId: old, granted: false })),
      ...earlier.map((old) => ({ ...common, ...old })),
    ];
  });
}

/** What was changed last of the three, and so triggered this judgement: the mapping, the user, or the membership itself. */
const triggerOf = (membership: Membership, user: DirectoryUser | undefined, group: DirectoryGroup): { cause?: Cause | undefined } =>
  isOfGroup(membership) ? group : isAgain(membership.synced) && user !== undefined ? user : membership;
