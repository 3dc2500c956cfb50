import type { DirectoryGroup, DirectoryUser, Membership } from "../../shared/domain/identity.ts";
import { type Directory, type DueItem, UserNameTaken, WriteConflict } from "../../shared/ports.ts";
import { keys } from "../../shared/adapters/dynamodb/table.ts";
import { hasExpired, type MemoryDueSource } from "./memory-table.ts";
import { TableLimits } from "./table-limits.ts";

type Written = Promise<void>;
interface Page {
  limit: number;
  after?: string | undefined;
}

/** A record as the table would keep it: without what is `undefined`. */
const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
const of = (provider: string, id: string): string => `${provider}#${id}`;
const nameOf = ({ provider, userName }: DirectoryUser): string => of(provider, userName.toLowerCase());

/** The directory in memory: the same contract as DynamoDB's (test/contract/directory.ts). Its due items are the index's. */
export class MemoryDirectory implements Directory, MemoryDueSource {
  readonly users = new Map<string, DirectoryUser>();
  readonly groups = new Map<string, DirectoryGroup>();
  /** By group, then by user. */
  readonly members = new Map<string, Map<string, Membership>>();
  readonly #names = new Map<string, string>();
  /** Sizes are held to what DynamoDB takes. */
  readonly limits = new TableLimits();

  /** The directory as it stands, for what reads it later as it was. */
  snapshot(): MemoryDirectory {
    const past = new MemoryDirectory();
    for (const [key, user] of this.users) past.users.set(key, copy(user));
    for (const [key, group] of this.groups) past.groups.set(key, copy(group));
    for (const [key, members] of this.members) past.members.set(key, new Map([...members].map(([id, member]) => [id, copy(member)])));
    for (const [name, id] of this.#names) past.#names.set(name, id);
    return past;
  }

  /** Takes away the items whose `ttl` is past, each where `goes` says so: DynamoDB does it at some time after. */
  expire(nowMs: number, goes: () => boolean): void {
    const isPast = hasExpired(nowMs, goes);
    for (const [key, user] of this.users) if (isPast(user)) this.users.delete(key);
    for (const [key, group] of this.groups) if (isPast(group)) this.groups.delete(key);
    for (const members of this.members.values()) for (const [id, member] of members) if (isPast(member)) members.delete(id);
  }

  async getUser(provider: string, id: string): Promise<DirectoryUser | undefined> {
    this.limits.check([keys.user(provider, id)]);
    return copy(this.users.get(of(provider, id)));
  }

  async findUser(provider: string, userName: string): Promise<DirectoryUser | undefined> {
    this.limits.check([keys.userName(provider, userName)]);
    const id = this.#names.get(of(provider, userName.toLowerCase()));
    return id === undefined ? undefined : this.getUser(provider, id);
  }

  async findUsersByExternalId(provider: string, externalId: string): Promise<string[]> {
    return [...this.users.values()].filter((user) => user.provider === provider && user.externalId === externalId).map(({ id }) => id);
  }

  async writeUser(before: DirectoryUser | undefined, after: DirectoryUser): Written {
    const key = of(after.provider, after.id);
    if (this.users.get(key)?.version !== before?.version) throw new WriteConflict("The user moved.");
    const holder = this.#names.get(nameOf(after));
    if (after.deleted !== true && holder !== undefined && holder !== after.id) throw new UserNameTaken("Another user has the name.");
    this.limits.check([{ ...keys.user(after.provider, after.id), ...after }, keys.userName(after.provider, after.userName)]);
    if (before !== undefined && this.#names.get(nameOf(before)) === before.id) this.#names.delete(nameOf(before));
    if (after.deleted !== true) this.#names.set(nameOf(after), after.id);
    this.users.set(key, copy(after));
  }

  async deleteUser(user: DirectoryUser): Written {
    const stored = this.users.get(of(user.provider, user.id));
    if (stored === undefined) return;
    if (stored.version !== user.version) throw new WriteConflict("The user moved.");
    if (this.#names.get(nameOf(user)) === user.id) this.#names.delete(nameOf(user));
    this.users.delete(of(user.provider, user.id));
  }

  async pageUsers(provider: string, page: Page): Promise<{ users: DirectoryUser[]; next?: string | undefined }> {
    const { items, ...rest } = pageOf(
      [...this.users.values()].filter((user) => user.provider === provider),
      ({ id }) => id,
      page,
    );
    return { users: items, ...rest };
  }

  async getGroup(provider: string, id: string): Promise<DirectoryGroup | undefined> {
    this.limits.check([keys.group(provider, id)]);
    return copy(this.groups.get(of(provider, id)));
  }

  async writeGroup(before: DirectoryGroup | undefined, after: DirectoryGroup): Written {
    const key = of(after.provider, after.id);
    if (this.groups.get(key)?.version !== before?.version) throw new WriteConflict("The group moved.");
    const userKey = keys.groupName(after.provider, after.displayName);
    this.limits.check([{ ...keys.group(after.provider, after.id), ...after, userKey }]);
    this.groups.set(key, copy(after));
  }

  async deleteGroup({ provider, id, version }: DirectoryGroup): Written {
    const stored = this.groups.get(of(provider, id));
    if (stored !== undefined && stored.version !== version) throw new WriteConflict("The group moved.");
    this.groups.delete(of(provider, id));
  }

  async pageGroups(provider: string, page: Page): Promise<{ groups: DirectoryGroup[]; next?: string | undefined }> {
    const { items, ...rest } = pageOf(
      [...this.groups.values()].filter((group) => group.provider === provider),
      ({ id }) => id,
      page,
    );
    return { groups: items, ...rest };
  }

  async findGroups(provider: string, displayName: string): Promise<string[]> {
    const named = (group: DirectoryGroup): boolean => group.displayName.toLowerCase() === displayName.toLowerCase();
    return [...this.groups.values()].filter((group) => group.provider === provider && named(group)).map(({ id }) => id);
  }

  async touchGroup(provider: string, id: string, dueAt: string): Promise<boolean> {
    const group = this.groups.get(of(provider, id));
    if (group === undefined) return false;
    group.version += 1;
    group.dueAt = dueAt;
    return true;
  }

  async noteProgress({ provider, id, version }: DirectoryGroup, progress: DirectoryGroup["progress"]): Written {
    const group = this.groups.get(of(provider, id));
    if (group?.version === version) group.progress = copy(progress);
  }

  async getMembership(provider: string, groupId: string, userId: string): Promise<Membership | undefined> {
    this.limits.check([keys.member(provider, groupId, userId)]);
    return copy(this.members.get(of(provider, groupId))?.get(userId));
  }

  async putMembership(membership: Parameters<Directory["putMembership"]>[0]): Promise<boolean> {
    const key = of(membership.provider, membership.groupId);
    const group = this.members.get(key) ?? new Map<string, Membership>();
    this.members.set(key, group);
    const stored = group.get(membership.userId);
    const { provider, groupId, userId } = membership;
    const userKey = keys.userOfMemberships(provider, userId);
    this.limits.check([{ ...keys.member(provider, groupId, userId), ...membership, userKey }]);
    const leaves = stored?.at === membership.at && stored.member && !membership.member;
    if (stored !== undefined && stored.at >= membership.at && !leaves) return false;
    group.set(membership.userId, copy({ ...stored, ...membership, synced: undefined, ttl: membership.ttl, cause: membership.cause }));
    return true;
  }

  async markMembership(
    seen: Membership,
    { synced, mappedAt, userAt, notBefore, grantedAs }: Parameters<Directory["markMembership"]>[1],
  ): Promise<boolean> {
    const group = this.members.get(of(seen.provider, seen.groupId));
    const stored = group?.get(seen.userId);
    if (stored?.at !== seen.at || stored.synced !== seen.synced || stored.member !== seen.member) return false;
    group?.set(seen.userId, copy({ ...stored, synced, mappedAt, userAt, notBefore, grantedAs }));
    return true;
  }

  async deleteMembership({ provider, groupId, userId, at }: Membership): Written {
    const group = this.members.get(of(provider, groupId));
    if (group?.get(userId)?.at === at) group.delete(userId);
  }

  async pageMembers(
    provider: string,
    groupId: string,
    { unsynced = false, ...page }: Page & { unsynced?: boolean | undefined },
  ): Promise<{ memberships: Membership[]; next?: string | undefined }> {
    const all = [...(this.members.get(of(provider, groupId))?.values() ?? [])];
    const { items, ...rest } = pageOf(unsynced ? all.filter(({ synced, at }) => synced !== at) : all, ({ userId }) => userId, page);
    return { memberships: items, ...rest };
  }

  async groupsOf(provider: string, userId: string): Promise<string[]> {
    this.limits.check([{ userKey: keys.userOfMemberships(provider, userId) }]);
    return [...this.members]
      .filter(([key, group]) => key.startsWith(of(provider, "")) && group.has(userId))
      .map(([key]) => key.slice(of(provider, "").length));
  }

  dueItems(): DueItem[] {
    const items = (kind: string, records: Iterable<DirectoryUser | DirectoryGroup>): DueItem[] =>
      [...records].flatMap(({ provider, id, dueAt }) =>
        dueAt === undefined ? [] : [{ pk: `IDP#${provider}`, sk: `${kind}#${id}`, dueAt }],
      );
    return [...items("USER", this.users.values()), ...items("GROUP", this.groups.values())];
  }

  claim(item: DueItem, next: string | undefined): boolean {
    const record = this.#recordOf(item);
    if (record === undefined || record.dueAt !== item.dueAt) return false;
    record.dueAt = next;
    return true;
  }

  revive(item: Pick<DueItem, "pk" | "sk">, dueAt: string): boolean {
    const record = this.#recordOf(item);
    if (record === undefined || record.dueAt !== undefined) return false;
    record.dueAt = dueAt;
    return true;
  }

  #recordOf({ pk, sk }: Pick<DueItem, "pk" | "sk">): DirectoryUser | DirectoryGroup | undefined {
    const key = of(pk.slice("IDP#".length), sk.slice(sk.indexOf("#") + 1));
    return sk.startsWith("USER#") ? this.users.get(key) : this.groups.get(key);
  }
}

function pageOf<T>(all: T[], idOf: (item: T) => string, { limit, after = "" }: Page): { items: T[]; next?: string | undefined } {
  const sorted = all.filter((item) => idOf(item) > after).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(copy), ...(sorted.length > limit && last !== undefined && { next: idOf(last) }) };
}
