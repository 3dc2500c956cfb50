import type { GroupDraft, MembersAsked } from "../../domain/directory.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { DirectoryGroup, Membership, ProviderName } from "../../domain/identity.ts";
import { changeMembers, type MemberChange, membersOf } from "./change-members.ts";
import { type IdentityPorts, LEFT_UNDONE_MS, newerThan, nowOf, plusMs } from "./due.ts";
import { checkSeen, gone, type ProvisionPorts, same } from "./provision-user.ts";
import { newGroup, recordGroup } from "./record-group.ts";

/** Records a new group and its members. Throws `GroupExists` where one of that name is seen, `WriteContention` where the time was up. */
export async function createGroup(
  provider: ProviderName,
  draft: GroupDraft,
  members: readonly string[],
  ports: ProvisionPorts,
  timeLeft: () => boolean,
): Promise<DirectoryGroup> {
  for (const id of await ports.directory.findGroups(provider, draft.displayName)) {
    const other = await ports.directory.getGroup(provider, id);
    if (other !== undefined && other.deleted !== true && other.displayName.toLowerCase() === draft.displayName.toLowerCase())
      throw new TenantryError("GroupExists", `The group ${id} has the name "${draft.displayName}".`);
  }
  const now = nowOf(ports);
  const id = ports.newId();
  const made = await recordGroup(
    () => ports.directory.getGroup(provider, id),
    (before) =>
      // The id is new: what stands under it is our own write, whose answer was lost.
      before !== undefined
        ? undefined
        : {
            ...newGroup(provider, id, draft.displayName, now),
            ...draft,
            dueAt: members.length > 0 ? plusMs(now, LEFT_UNDONE_MS) : undefined,
          },
    ports,
  );
  if (made === undefined) return gone(id);
  if (members.length > 0) await changeMembers(made, added(members), ports, timeLeft);
  return await readGroup(provider, id, ports);
}

/** Throws `NotFound`. */
export async function readGroup(
  provider: ProviderName,
  id: string,
  { directory }: Pick<IdentityPorts, "directory">,
): Promise<DirectoryGroup> {
  const group = await directory.getGroup(provider, id);
  return group === undefined || group.deleted === true ? gone(id) : group;
}

/**
 * Changes a group as `change` makes it of what stands, and then its members. Parallel changes of members lose nobody, as
 * each membership is an item of its own.
 * @param seen the version that the caller saw
 * @throws TenantryError `NotFound`, `PreconditionFailed`, and `WriteContention` where the time was up: repeat the call
 */
export async function changeGroup(
  provider: ProviderName,
  id: string,
  change: (before: DirectoryGroup) => GroupDraft,
  members: MembersAsked | undefined,
  seen: number | undefined,
  ports: IdentityPorts,
  timeLeft: () => boolean,
): Promise<DirectoryGroup> {
  const group = await recordGroup(
    () => readGroup(provider, id, ports),
    (before = gone(id)) => {
      checkSeen(before, seen);
      const draft = change(before);
      const changed = (Object.keys(draft) as (keyof GroupDraft)[]).some((name) => !same(draft[name], before[name]));
      const at = draft.displayName === before.displayName ? before.at : newerThan(before.at, nowOf(ports));
      return changed ? { ...before, ...draft, at } : undefined;
    },
    ports,
  );
  if (group === undefined) return gone(id);
  if (members === undefined) return group;
  const { changes, known } = await changesOf(group, members, ports);
  await changeMembers(group, changes, ports, timeLeft, known);
  return await readGroup(provider, id, ports);
}

/** Deletes a group: out of sight at once; the record goes when what it gave is taken back. Throws `NotFound`, `PreconditionFailed`. */
export async function removeGroup(provider: ProviderName, id: string, seen: number | undefined, ports: IdentityPorts): Promise<void> {
  await recordGroup(
    () => readGroup(provider, id, ports),
    (before = gone(id)) => {
      checkSeen(before, seen);
      return { ...before, deleted: true, at: newerThan(before.at, nowOf(ports)) };
    },
    ports,
  );
}

/** User ids of a group's members. */
export async function memberIds(group: DirectoryGroup, ports: Pick<IdentityPorts, "directory">): Promise<string[]> {
  return [...(await membersOf(group, ports)).values()].filter(({ member }) => member).map(({ userId }) => userId);
}

const added = (ids: readonly string[]): MemberChange[] =>
  [...new Set(ids)].map((userId) => ({ userId, member: true, at: "newest" as const }));

/** One change a user: the last that was asked for; and what stands, where that had to be read for it. */
async function changesOf(
  group: DirectoryGroup,
  asked: MembersAsked,
  ports: IdentityPorts,
): Promise<{ changes: MemberChange[]; known?: ReadonlyMap<string, Membership> | undefined }> {
  const wanted = "all" in asked ? (["none", ...asked.all.map((userId) => ({ userId, member: true }))] as const) : asked.changes;
  const known = wanted.includes("none") ? await membersOf(group, ports) : undefined;
  const last = new Map<string, boolean>();
  for (const one of wanted) {
    if (one !== "none") last.set(one.userId, one.member);
    else {
      last.clear();
      for (const { userId, member } of known?.values() ?? []) if (member) last.set(userId, false);
    }
  }
  return { changes: [...last].map(([userId, member]) => ({ userId, member, at: "newest" as const })), known };
}
