import { isTooMuch, type RemovalBound } from "./directory-comparison.ts";

/** What one group should give in one tenant by the directory, and what the grants say that it gives: user ids. */
export interface GroupInTenant {
  groupId: string;
  tenantId: string;
  role: string;
  expected: ReadonlySet<string>;
  actual: ReadonlySet<string>;
}

/** One grant too many, or one too few. */
export interface GrantOff {
  groupId: string;
  /** The user id of the grant. */
  userId: string;
}

export interface GrantsReport {
  /** Grants by groups that were looked at. */
  grants: number;
  /** Grants that were missing, and given. */
  added: number;
  /** Grants that nobody's membership gives, and that were taken back. */
  removed: number;
  /** Removals that were more than the bound allows: none of them went. */
  refused: number;
}

/** What makes the grants as the directory is. As with a provider's API, it never removes too much at once. Pure. */
export function planGrants(
  seen: readonly GroupInTenant[],
  bound: RemovalBound,
): { missing: GrantOff[]; surplus: GrantOff[]; report: GrantsReport } {
  const off = (one: GroupInTenant, from: ReadonlySet<string>, less: ReadonlySet<string>): GrantOff[] =>
    [...from].filter((userId) => !less.has(userId)).map((userId) => ({ groupId: one.groupId, userId }));
  const missing = seen.flatMap((one) => off(one, one.expected, one.actual));
  const surplus = seen.flatMap((one) => off(one, one.actual, one.expected));
  const grants = seen.reduce((sum, { actual }) => sum + actual.size, 0);
  const refused = isTooMuch(surplus.length, grants, bound);
  return {
    missing,
    surplus: refused ? [] : surplus,
    report: { grants, added: missing.length, removed: refused ? 0 : surplus.length, refused: refused ? surplus.length : 0 },
  };
}
