import type { DirectoryGroup, DirectoryUser, GroupSaid, IdentityChange, ProviderName, UserSaid } from "../../domain/identity.ts";
import type { Timestamp } from "../../domain/tenant.ts";
import { changeMembers } from "./change-members.ts";
import type { IdentityPorts } from "./due.ts";
import { newGroup, recordGroup } from "./record-group.ts";
import { recordUser } from "./record-user.ts";

/** Dates a record of which nothing was told but that it is there: every word on it is newer. */
const NOTHING_TOLD = "1970-01-01T00:00:00.000Z";

type Change<K extends IdentityChange["kind"]> = Extract<IdentityChange, { kind: K }>;

/**
 * Records what a provider said, whatever way it came. Late and repeated words change nothing: the newest `occurredAt` wins,
 * for a user, a group and each membership of its own. Who or what was not seen yet is recorded as far as it was told.
 */
export async function applyIdentityChange(change: IdentityChange, provider: ProviderName, ports: IdentityPorts): Promise<void> {
  if (change.kind === "user") await applyUser(change, provider, ports);
  else if (change.kind === "group") await applyGroup(change, provider, ports);
  else await applyMembership(change, provider, ports);
}

async function applyUser({ user: said, occurredAt }: Change<"user">, provider: ProviderName, ports: IdentityPorts): Promise<void> {
  const { own, named } = await whoIs(said, provider, ports);
  // Who has the name now is the same person, known by another id: of SCIM, say.
  const known = new Set([own, named].flatMap((user) => (user === undefined ? [] : [user.id])));
  for (const id of known.size > 0 ? known : [said.id]) {
    const mayTakeName = named === undefined || named.id === id;
    await recordUser(
      () => ports.directory.getUser(provider, id),
      (before = newUser(provider, said)) => {
        if (before.version > 0 && isLate(said.active, occurredAt, before)) return undefined;
        return {
          ...before,
          userName: mayTakeName ? (said.userName ?? before.userName) : before.userName,
          nameless: mayTakeName && said.userName !== undefined ? undefined : before.nameless,
          email: said.email ?? before.email,
          active: said.active,
          deleted: said.active ? undefined : before.deleted,
          at: occurredAt,
        };
      },
      ports,
    );
  }
}

/** Of the same time, who goes is gone. */
const isLate = (active: boolean, occurredAt: Timestamp, before: DirectoryUser): boolean =>
  occurredAt < before.at || (occurredAt === before.at && (active || !before.active));

async function applyGroup({ group: said, deleted, occurredAt }: Change<"group">, provider: ProviderName, ports: IdentityPorts) {
  const known = await whichGroup(said, provider, ports);
  const id = known?.id ?? said.id;
  await recordGroup(
    () => ports.directory.getGroup(provider, id),
    (before = newGroup(provider, id, said.displayName ?? id, NOTHING_TOLD)) =>
      before.version > 0 && occurredAt <= before.at
        ? undefined
        : { ...before, displayName: said.displayName ?? before.displayName, deleted: deleted || undefined, at: occurredAt },
    ports,
  );
}

async function applyMembership({ group, user, member, occurredAt }: Change<"membership">, provider: ProviderName, ports: IdentityPorts) {
  const [{ id: userId }, standing] = await Promise.all([personOf(user, provider, ports), groupOf(group, provider, ports)]);
  await changeMembers(standing, [{ userId, member, at: occurredAt }], ports);
}

/**
 * Whom a membership is of. What its message tells of their name fills in what nobody told before, and dates nothing: it
 * does not speak of whether they are active.
 */
async function personOf(said: UserSaid, provider: ProviderName, ports: IdentityPorts): Promise<DirectoryUser> {
  const { own, named } = await whoIs(said, provider, ports);
  const nameless = own !== undefined && own.userName === own.id;
  if (named !== undefined && named.id !== own?.id && (own === undefined || nameless)) return named;
  const { userName, email } = said;
  const recorded = await recordUser(
    () => ports.directory.getUser(provider, said.id),
    (before) => {
      if (before === undefined) return newUser(provider, said);
      const filled = {
        ...before,
        userName: nameless ? (userName ?? before.userName) : before.userName,
        nameless: userName === undefined ? before.nameless : undefined,
        email: before.email ?? email,
      };
      const isFull = filled.userName === before.userName && filled.nameless === before.nameless && filled.email === before.email;
      return isFull ? undefined : filled;
    },
    ports,
  );
  return recorded ?? newUser(provider, said);
}

/** The group of a membership; its name fills in what nobody told before. */
async function groupOf(said: GroupSaid, provider: ProviderName, ports: IdentityPorts): Promise<DirectoryGroup> {
  const known = await whichGroup(said, provider, ports);
  const id = known?.id ?? said.id;
  const recorded = await recordGroup(
    () => ports.directory.getGroup(provider, id),
    (before) => {
      if (before === undefined) return newGroup(provider, id, said.displayName ?? id, NOTHING_TOLD);
      const fills = before.displayName === before.id && said.displayName !== undefined && said.displayName !== before.displayName;
      return fills ? { ...before, displayName: said.displayName ?? before.displayName } : undefined;
    },
    ports,
  );
  return recorded ?? newGroup(provider, id, id, NOTHING_TOLD);
}

/** The group with the id told; else the one that has the name told, known by another id: of SCIM, say. */
async function whichGroup({ id, displayName }: GroupSaid, provider: ProviderName, { directory }: IdentityPorts) {
  const own = await directory.getGroup(provider, id);
  if (own !== undefined || displayName === undefined) return own;
  const [only, ...others] = await directory.findGroups(provider, displayName);
  const found = only === undefined || others.length > 0 ? undefined : await directory.getGroup(provider, only);
  return found?.deleted === true ? undefined : found;
}

/** The record with the id told, and the one with the name told. */
async function whoIs(
  { id, userName }: UserSaid,
  provider: ProviderName,
  { directory }: IdentityPorts,
): Promise<{ own: DirectoryUser | undefined; named: DirectoryUser | undefined }> {
  const [own, named] = await Promise.all([
    directory.getUser(provider, id),
    userName === undefined ? undefined : directory.findUser(provider, userName),
  ]);
  return { own, named };
}

const newUser = (provider: ProviderName, { id, userName, email }: UserSaid): DirectoryUser => ({
  provider,
  id,
  userName: userName ?? id,
  nameless: userName === undefined ? true : undefined,
  email,
  active: true,
  at: NOTHING_TOLD,
  version: 0,
  createdAt: NOTHING_TOLD,
  updatedAt: NOTHING_TOLD,
});
