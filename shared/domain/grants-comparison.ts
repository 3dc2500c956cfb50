import { isTooMuch, type RemovalBound } from "./directory-comparison.ts";
import type { Timestamp } from "./tenant.ts";

/** What one group should give in one tenant by the directory, and what the grants say that it gives: user ids. */
export interface GroupInTenant {
  groupId: string;
  tenantId: string;
  role: string;
  expected: ReadonlySet<string>;
  actual: ReadonlySet<string>;
  /** When the group's word on a grant that it should give was last taken back, by user id. */
  revokedAt: ReadonlyMap<string, Timestamp>;
}

/** One grant too many, or one too few. */
export interface GrantOff {
  groupId: string;
  /** The user id of the grant. */
  userId: string;
  /** When the group's word on it was taken back: only a newer one gives it again. */
  revokedAt?: Timestamp | undefined;
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

export const NOTHING_COMPARED: GrantsReport = { grants: 0, added: 0, removed: 0, refused: 0 };

/** A round through all groups of a provider: as many runs as it takes. */
export interface GrantsRound {
  startedAt: Timestamp;
  /** The last group that was compared; none at the beginning. */
  after?: string | undefined;
  /** What the round came to so far. */
  report: GrantsReport;
}

/**
 * What makes the grants as the directory is. As with a provider's API, it never removes too much at once, counted from the
 * beginning of the round. Pure.
 * @param before what the round came to before
 */
export function planGrants(
  seen: readonly GroupInTenant[],
  bound: RemovalBound,
  before: GrantsReport = NOTHING_COMPARED,
): { missing: GrantOff[]; surplus: GrantOff[]; refused: number } {
  const off = (one: GroupInTenant, from: ReadonlySet<string>, less: ReadonlySet<string>): GrantOff[] =>
    [...from]
      .filter((userId) => !less.has(userId))
      .map((userId) => ({ groupId: one.groupId, userId, revokedAt: one.revokedAt.get(userId) }));
  const missing = seen.flatMap((one) => off(one, one.expected, one.actual));
  const surplus = seen.flatMap((one) => off(one, one.actual, one.expected));
  const grants = before.grants + grantsOf(seen);
  const refused = surplus.length > 0 && isTooMuch(before.removed + surplus.length, grants, bound);
  return { missing, surplus: refused ? [] : surplus, refused: refused ? surplus.length : 0 };
}

/** Grants by groups, as they are. */
export const grantsOf = (seen: readonly GroupInTenant[]): number => seen.reduce((sum, { actual }) => sum + actual.size, 0);

export const sumOf = (a: GrantsReport, b: GrantsReport): GrantsReport => ({
  grants: a.grants + b.grants,
  added: a.added + b.added,
  removed: a.removed + b.removed,
  refused: a.refused + b.refused,
});
