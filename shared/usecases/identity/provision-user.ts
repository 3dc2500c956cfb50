import { canonicalHash } from "../../domain/canonical.ts";
import type { UserDraft } from "../../domain/directory.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { DirectoryUser, ProviderName } from "../../domain/identity.ts";
import type { NewId } from "../../ports.ts";
import { changeMembers } from "./change-members.ts";
import { type IdentityPorts, newerThan, nowOf } from "./due.ts";
import { recordUser } from "./record-user.ts";

export type ProvisionPorts = IdentityPorts & { newId: NewId };

/** Records a new user. Throws `UserNameTaken`. */
export async function createUser(provider: ProviderName, draft: UserDraft, ports: ProvisionPorts): Promise<DirectoryUser> {
  const now = nowOf(ports);
  const id = ports.newId();
  const made = await recordUser(
    () => ports.directory.getUser(provider, id),
    // The id is new: what stands under it is our own write, whose answer was lost.
    (before) => (before !== undefined ? undefined : { ...draft, provider, id, at: now, version: 0, createdAt: now, updatedAt: now }),
    ports,
  );
  return made ?? gone(id);
}

/** Throws `NotFound`. */
export async function readUser(
  provider: ProviderName,
  id: string,
  { directory }: Pick<IdentityPorts, "directory">,
): Promise<DirectoryUser> {
  const user = await directory.getUser(provider, id);
  return user === undefined || user.deleted === true ? gone(id) : user;
}

/**
 * Changes a user as `change` makes it of what stands.
 * @param seen the version that the caller saw
 * @throws TenantryError `NotFound`, `UserNameTaken`, `PreconditionFailed` where another version stands than the one seen
 */
export async function changeUser(
  provider: ProviderName,
  id: string,
  change: (before: DirectoryUser) => UserDraft,
  seen: number | undefined,
  ports: IdentityPorts,
): Promise<DirectoryUser> {
  const recorded = await recordUser(
    () => readUser(provider, id, ports),
    (before = gone(id)) => {
      checkSeen(before, seen);
      const draft = change(before);
      const changed = (Object.keys(draft) as (keyof UserDraft)[]).filter((name) => !same(draft[name], before[name]));
      // That they are still out is a word, too: an older one that comes later must not let them in.
      if (changed.length === 0 && draft.active) return undefined;
      const who = !draft.active || changed.some((name) => name !== "attributes");
      return { ...before, ...draft, at: who ? newerThan(before.at, nowOf(ports)) : before.at };
    },
    ports,
  );
  return recorded ?? gone(id);
}

/** Deletes a user: out of its groups at once, and out of sight; the record goes when its access is gone. Throws `NotFound`, `PreconditionFailed`. */
export async function removeUser(provider: ProviderName, id: string, seen: number | undefined, ports: IdentityPorts): Promise<void> {
  checkSeen(await readUser(provider, id, ports), seen);
  for (const groupId of await ports.directory.groupsOf(provider, id)) {
    const group = await ports.directory.getGroup(provider, groupId);
    if (group !== undefined) await changeMembers(group, [{ userId: id, member: false, at: "newest" }], ports);
  }
  await recordUser(
    () => ports.directory.getUser(provider, id),
    (before) =>
      before === undefined || before.deleted === true
        ? undefined
        : { ...before, active: false, deleted: true, at: newerThan(before.at, nowOf(ports)) },
    ports,
  );
}

export function checkSeen({ version }: { version: number }, seen: number | undefined): void {
  if (seen !== undefined && seen !== version)
    throw new TenantryError("PreconditionFailed", `Version ${version} stands, and not version ${seen}.`);
}

export const same = (a: unknown, b: unknown): boolean => a === b || canonicalHash({ a }) === canonicalHash({ a: b });

export function gone(id: string): never {
  throw new TenantryError("NotFound", `There is no resource ${id}.`);
}
