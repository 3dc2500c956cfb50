import type { GroupSaid, IdentityChange, UserSaid } from "./identity.ts";
import type { Timestamp } from "./tenant.ts";

export interface TheirUser extends UserSaid {
  active: boolean;
}

/** What a provider's own API says of the groups that matter to us. */
export interface Theirs {
  /** Before the first answer, by the provider's clock: what happened later is told by webhooks that win over the comparison. */
  asOf: Timestamp;
  groups: { id: string; displayName: string; members: TheirUser[] }[];
  /** People who were deactivated of late, members or not. */
  inactive: TheirUser[];
}

export interface OurUser {
  id: string;
  userName: string;
  externalId?: string | undefined;
  active: boolean;
}

/** What our directory has of the same provider. */
export interface Ours {
  groups: { id: string; displayName: string; externalId?: string | undefined; members: string[] }[];
  users: OurUser[];
}

/** How much of what we have may go at once: as much as the larger of the two allows; but all of it only where the share does. */
export interface RemovalBound {
  /** Of our memberships, 0 to 1. */
  share: number;
  count: number;
}

export interface ComparisonReport {
  /** Groups that the provider told of. */
  groups: number;
  /** Memberships and active people that we lacked. */
  added: number;
  /** Memberships and active people that we had too much; with `refused`, none of them went. */
  removed: number;
  /** Removals that were more than the bound allows. */
  refused: number;
  renamed: number;
}

/**
 * What makes our directory as the provider's is. Records of both are the same by their ids, else by their names, since SCIM
 * gave ours ids of its own.
 * @param reactivates whether an active person there is made active here; else that is left to who made them inactive
 */
export function planComparison(
  theirs: Theirs,
  ours: Ours,
  bound: RemovalBound,
  reactivates: boolean,
): { changes: IdentityChange[]; report: ComparisonReport } {
  const people = peopleOf(ours.users);
  const occurredAt = theirs.asOf;
  const added: IdentityChange[] = [];
  const removed: IdentityChange[] = [];
  const renamed: IdentityChange[] = [];
  const matched = new Set<Ours["groups"][number]>();

  for (const { members, ...group } of theirs.groups) {
    const own = ours.groups.find((one) => one.id === group.id || one.externalId === group.id) ?? byName(ours, group.displayName);
    if (own !== undefined) matched.add(own);
    if (own !== undefined && own.displayName !== group.displayName)
      renamed.push({ kind: "group", group: { id: own.id, displayName: group.displayName }, deleted: false, occurredAt });
    const had = new Set(own?.members);
    const here: GroupSaid = own === undefined ? group : { id: own.id, displayName: group.displayName };
    for (const user of members) {
      if (had.delete(people.find(user)?.id ?? user.id)) continue;
      added.push({ kind: "membership", group: here, user: said(user), member: true, occurredAt });
    }
    for (const id of had) removed.push({ kind: "membership", group: here, user: people.byId(id), member: false, occurredAt });
  }
  for (const gone of ours.groups.filter((one) => !matched.has(one)))
    for (const id of gone.members)
      removed.push({
        kind: "membership",
        group: { id: gone.id, displayName: gone.displayName },
        user: people.byId(id),
        member: false,
        occurredAt,
      });

  const seen = new Set<string>();
  for (const user of [...theirs.groups.flatMap(({ members }) => members), ...theirs.inactive]) {
    const own = people.find(user);
    if (own === undefined || seen.has(own.id) || own.active === user.active) continue;
    seen.add(own.id);
    const change: IdentityChange = { kind: "user", user: { ...said(user), id: own.id, active: user.active }, occurredAt };
    if (!user.active) removed.push(change);
    else if (reactivates) added.push(change);
  }

  const memberships = ours.groups.reduce((sum, { members }) => sum + members.length, 0);
  const refused = isTooMuch(removed.length, memberships, bound);
  return {
    changes: [...renamed, ...(refused ? [] : removed), ...added],
    report: {
      groups: theirs.groups.length,
      added: added.length,
      removed: refused ? 0 : removed.length,
      refused: refused ? removed.length : 0,
      renamed: renamed.length,
    },
  };
}

/** Whether to remove so many of `all` is more than the bound allows. The last one may go. */
export function isTooMuch(removals: number, all: number, { share, count }: RemovalBound): boolean {
  return removals > share * all && (removals > count || (removals > 1 && removals >= all));
}

const byName = (ours: Ours, displayName: string): Ours["groups"][number] | undefined =>
  ours.groups.find((one) => one.displayName.toLowerCase() === displayName.toLowerCase());

const said = ({ id, userName, email }: UserSaid): UserSaid => ({ id, userName, email });

function peopleOf(users: readonly OurUser[]) {
  const ids = new Map(users.map((user) => [user.id, user]));
  const externals = new Map(users.flatMap((user) => (user.externalId === undefined ? [] : [[user.externalId, user] as const])));
  const names = new Map(users.map((user) => [user.userName.toLowerCase(), user]));
  return {
    find: ({ id, userName = "" }: UserSaid): OurUser | undefined => ids.get(id) ?? externals.get(id) ?? names.get(userName.toLowerCase()),
    byId: (id: string): UserSaid => ({ id, userName: ids.get(id)?.userName }),
  };
}
