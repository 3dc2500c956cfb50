import { beforeEach, describe, expect, test } from "@jest/globals";
import type { DirectoryGroup, DirectoryUser, Membership } from "../../shared/domain/identity.ts";
import { type Directory, type DueIndex, type DueItem, UserNameTaken, WriteConflict } from "../../shared/ports.ts";
import { aDirectoryGroup, aDirectoryUser } from "../support/builders.ts";

/** Far ahead, so that no sweep of a running stack is at these items too. */
const at = (minute: number): string => new Date(Date.UTC(2090, 0, 1, 0, minute)).toISOString();

/** What every Directory keeps to. */
export function directoryContract(name: string, make: () => Promise<{ directory: Directory; index: DueIndex }>): void {
  describe(`${name} as a Directory`, () => {
    let directory: Directory;
    let index: DueIndex;
    let provider: string;
    beforeEach(async () => {
      ({ directory, index } = await make());
      provider = `p-${Math.random().toString(36).slice(2, 12)}`;
    });

    const aUser = (over: Partial<DirectoryUser> = {}): DirectoryUser => aDirectoryUser({ provider, ...over });
    const aGroup = (over: Partial<DirectoryGroup> = {}): DirectoryGroup => aDirectoryGroup({ provider, ...over });
    const put = (userId: string, minute: number, over: Partial<Membership> = {}): Promise<boolean> =>
      directory.putMembership({ provider, groupId: "g1", userId, member: true, at: at(minute), ...over });
    const member = async (userId: string): Promise<Membership> => {
      const found = await directory.getMembership(provider, "g1", userId);
      if (found === undefined) throw new Error(`${userId} is not there`);
      return found;
    };
    /** What an index that may be behind tells in the end. */
    const settled = async <T>(look: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> => {
      for (let attempt = 0; ; attempt++) {
        const seen = await look();
        if (fits(seen) || attempt === 50) return seen;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const dueItems = async (): Promise<DueItem[]> => {
      const shards = Array.from({ length: index.shards }, (_, shard) => index.due("access", shard, at(99), 1_000));
      return (await Promise.all(shards)).flat().filter(({ pk }) => pk === `IDP#${provider}`);
    };

    test("keeps a user as it was written, and finds it by its name whatever the case", async () => {
      const user = aUser({ externalId: "ext", email: "a@b.c", attributes: { constructor: 1, list: [{ a: "b" }] }, removal: undefined });
      await directory.writeUser(undefined, user);
      expect(await directory.getUser(provider, "u1")).toEqual(user);
      expect(await directory.findUser(provider, user.userName.toUpperCase())).toEqual(user);
      expect(await directory.findUser(`${provider}2`, user.userName)).toBeUndefined();
      expect(await directory.getUser(provider, "u2")).toBeUndefined();
    });

    test("refuses a user's write over another version, and a second creation", async () => {
      const user = aUser();
      await directory.writeUser(undefined, user);
      await expect(directory.writeUser(undefined, user)).rejects.toThrow(WriteConflict);
      await directory.writeUser(user, { ...user, version: 2, active: false });
      await expect(directory.writeUser(user, { ...user, version: 2 })).rejects.toThrow(WriteConflict);
      expect((await directory.getUser(provider, "u1"))?.active).toBe(false);
    });

    test("gives a name to one user alone, by creation and by renaming, and writes nothing else then", async () => {
      await directory.writeUser(undefined, aUser());
      const second = aUser({ id: "u2", userName: "ALICE@example.com" });
      await expect(directory.writeUser(undefined, second)).rejects.toThrow(UserNameTaken);
      expect(await directory.getUser(provider, "u2")).toBeUndefined();
      const bob = aUser({ id: "u2", userName: "bob@example.com" });
      await directory.writeUser(undefined, bob);
      await expect(directory.writeUser(bob, { ...second, version: 2 })).rejects.toThrow(UserNameTaken);
      expect(await directory.getUser(provider, "u2")).toEqual(bob);
      await directory.writeUser(undefined, aUser({ provider: `${provider}2` }));
    });

    test("of many that take one name at once, one has it", async () => {
      const ids = Array.from({ length: 8 }, (_, n) => `u${n}`);
      const results = await Promise.allSettled(ids.map((id) => directory.writeUser(undefined, aUser({ id }))));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const users = (await Promise.all(ids.map((id) => directory.getUser(provider, id)))).filter(Boolean);
      expect(users).toEqual([await directory.findUser(provider, aUser().userName)]);
    });

    test("a renamed user gives its name back, and may change its case", async () => {
      const user = aUser();
      await directory.writeUser(undefined, user);
      const upper = { ...user, userName: "Alice@example.com", version: 2 };
      await directory.writeUser(user, upper);
      const renamed = { ...upper, userName: "carol@example.com", version: 3 };
      await directory.writeUser(upper, renamed);
      expect(await directory.findUser(provider, user.userName)).toBeUndefined();
      expect(await directory.findUser(provider, "carol@example.com")).toEqual(renamed);
      await directory.writeUser(undefined, aUser({ id: "u2" }));
    });

    test("a deleted user is still read by its id, has given its name back, and takes nobody's with it when it goes", async () => {
      const user = aUser();
      await directory.writeUser(undefined, user);
      const deleted = { ...user, active: false, deleted: true, version: 2 };
      await directory.writeUser(user, deleted);
      expect(await directory.findUser(provider, user.userName)).toBeUndefined();
      await directory.writeUser(undefined, aUser({ id: "u2" }));
      await expect(directory.deleteUser(user)).rejects.toThrow(WriteConflict);
      await directory.deleteUser(deleted);
      await directory.deleteUser(deleted);
      expect(await directory.getUser(provider, "u1")).toBeUndefined();
      expect((await directory.findUser(provider, user.userName))?.id).toBe("u2");
      await directory.deleteUser(aUser({ id: "u2" }));
      expect(await directory.findUser(provider, user.userName)).toBeUndefined();
    });

    test("finds users by externalId and groups by name whatever its case, each in its own provider", async () => {
      await directory.writeUser(undefined, aUser({ externalId: "Ext" }));
      await directory.writeUser(undefined, aUser({ provider: `${provider}2`, externalId: "Ext" }));
      await directory.writeGroup(undefined, aGroup({ displayName: "Tenant:Acme" }));
      const users = () => directory.findUsersByExternalId(provider, "Ext");
      expect(await settled(users, (ids) => ids.length === 1)).toEqual(["u1"]);
      expect(await directory.findUsersByExternalId(provider, "other")).toEqual([]);
      const groups = () => directory.findGroups(provider, "tenant:acme");
      expect(await settled(groups, (ids) => ids.length === 1)).toEqual(["g1"]);
      expect(await directory.findGroups(`${provider}2`, "tenant:acme")).toEqual([]);
    });

    test("notes how far the work on a group is, where nobody touched the group, and leaves its version", async () => {
      const group = aGroup();
      await directory.writeGroup(undefined, group);
      const progress = { version: group.version, after: "u1" };
      await directory.noteProgress(group, progress);
      expect(await directory.getGroup(provider, "g1")).toEqual({ ...group, progress });
      await directory.touchGroup(provider, "g1", at(1));
      await directory.noteProgress(group, { ...progress, after: "u2" });
      expect(await directory.getGroup(provider, "g1")).toMatchObject({ progress, version: group.version + 1 });
      await directory.noteProgress(aGroup({ id: "g2" }), progress);
      expect(await directory.getGroup(provider, "g2")).toBeUndefined();
    });

    test("pages users and groups of one provider in the order of ids", async () => {
      for (const n of [3, 1, 2]) {
        await directory.writeUser(undefined, aUser({ id: `u${n}`, userName: `user${n}` }));
        await directory.writeGroup(undefined, aGroup({ id: `g${n}` }));
      }
      const first = await directory.pageUsers(provider, { limit: 2 });
      expect(first).toMatchObject({ users: [{ id: "u1" }, { id: "u2" }], next: "u2" });
      const rest = await directory.pageUsers(provider, { limit: 2, after: first.next });
      expect(rest.users.map(({ id }) => id)).toEqual(["u3"]);
      expect(rest.next).toBeUndefined();
      expect((await directory.pageGroups(provider, { limit: 9 })).groups.map(({ id }) => id)).toEqual(["g1", "g2", "g3"]);
      expect((await directory.pageGroups(`${provider}2`, { limit: 9 })).groups).toEqual([]);
    });

    test("keeps a group as it was written, and refuses a write or a deletion over another version", async () => {
      const group = aGroup({ externalId: "e", mapped: [{ tenantId: "acme", role: "tenant-viewer" }], attributes: { a: [1] } });
      await directory.writeGroup(undefined, group);
      expect(await directory.getGroup(provider, "g1")).toEqual(group);
      await expect(directory.writeGroup(undefined, group)).rejects.toThrow(WriteConflict);
      const renamed = { ...group, displayName: "other", version: 2 };
      await directory.writeGroup(group, renamed);
      await expect(directory.writeGroup(group, { ...group, version: 2 })).rejects.toThrow(WriteConflict);
      await expect(directory.deleteGroup(group)).rejects.toThrow(WriteConflict);
      await directory.deleteGroup(renamed);
      await directory.deleteGroup(renamed);
      expect(await directory.getGroup(provider, "g1")).toBeUndefined();
    });

    test("a touch makes a group due and moves its version, by as many as touched it at once; none where there is no group", async () => {
      const group = aGroup();
      await directory.writeGroup(undefined, group);
      const touched = await Promise.all(Array.from({ length: 10 }, (_, n) => directory.touchGroup(provider, "g1", at(n))));
      expect(touched).toEqual(Array(10).fill(true));
      expect(await directory.touchGroup(provider, "g1", at(42))).toBe(true);
      expect(await directory.getGroup(provider, "g1")).toEqual({ ...group, version: 12, dueAt: at(42) });
      await expect(directory.writeGroup(group, { ...group, version: 2, dueAt: undefined })).rejects.toThrow(WriteConflict);
      expect(await directory.touchGroup(provider, "g2", at(1))).toBe(false);
      expect(await directory.getGroup(provider, "g2")).toBeUndefined();
    });

    test("the due index tells users and groups that are due, lets one claim each, and no longer tells those that are done", async () => {
      const user = aUser({ dueAt: at(10) });
      await directory.writeUser(undefined, user);
      await directory.writeGroup(undefined, aGroup());
      await directory.touchGroup(provider, "g1", at(11));
      const items = await settled(dueItems, ({ length }) => length === 2);
      const sorted = items.sort((a, b) => (a.sk < b.sk ? -1 : 1));
      expect(sorted).toEqual([
        { pk: `IDP#${provider}`, sk: "GROUP#g1", dueAt: at(11) },
        { pk: `IDP#${provider}`, sk: "USER#u1", dueAt: at(10) },
      ]);
      for (const item of sorted) {
        const claims = await Promise.all(Array.from({ length: 3 }, () => index.claim(item, at(50))));
        expect(claims.filter(Boolean)).toHaveLength(1);
      }
      const group = await directory.getGroup(provider, "g1");
      expect(group?.dueAt).toBe(at(50));
      if (group !== undefined) await directory.writeGroup(group, { ...group, version: group.version + 1, dueAt: undefined });
      await directory.writeUser(user, { ...user, version: 2, dueAt: undefined });
      expect(await settled(dueItems, ({ length }) => length === 0)).toEqual([]);
      expect(await index.claim({ pk: `IDP#${provider}`, sk: "USER#u1", dueAt: at(10) }, at(60))).toBeUndefined();
    });

    test("the due index counts how often an item was taken in a row, until it is deferred or somebody speaks of it anew", async () => {
      await directory.writeGroup(undefined, aGroup({ dueAt: at(10) }));
      const item = { pk: `IDP#${provider}`, sk: "GROUP#g1" };
      expect(await index.take({ ...item, dueAt: at(10) }, at(11), at(12))).toEqual({ since: at(10), tries: 1 });
      expect(await index.take({ ...item, dueAt: at(10) }, at(11), at(13))).toBeUndefined();
      expect(await index.take({ ...item, dueAt: at(10) }, at(12), at(14))).toEqual({ since: at(10), tries: 2 });
      expect(await index.claim({ ...item, dueAt: at(14) }, at(20))).toBe(at(10));
      expect(await index.take({ ...item, dueAt: at(20) }, at(20), at(22))).toEqual({ since: at(10), tries: 3 });
      expect(await directory.getGroup(provider, "g1")).toEqual(aGroup({ dueAt: at(22) }));
      expect(await index.defer({ ...item, dueAt: at(22) }, at(30))).toBe(true);
      expect(await index.take({ ...item, dueAt: at(30) }, at(30), at(32))).toEqual({ since: at(30), tries: 1 });
      await directory.touchGroup(provider, "g1", at(31));
      expect((await index.take({ ...item, dueAt: at(31) }, at(31), at(33)))?.tries).toBe(1);
    });

    test("the due index sets an item aside, and revives it once, where nobody spoke of it since", async () => {
      const user = aUser({ dueAt: at(10) });
      await directory.writeUser(undefined, user);
      const item = { pk: `IDP#${provider}`, sk: "USER#u1" };
      expect(await index.revive(item, at(11))).toBe(false);
      expect(await index.setAside({ ...item, dueAt: at(9) })).toBe(false);
      expect(await index.setAside({ ...item, dueAt: at(10) })).toBe(true);
      expect(await directory.getUser(provider, "u1")).toEqual(aUser());
      expect(await settled(dueItems, ({ length }) => length === 0)).toEqual([]);
      expect(await index.revive(item, at(20))).toBe(true);
      expect(await index.revive(item, at(21))).toBe(false);
      expect(await settled(dueItems, ({ length }) => length === 1)).toEqual([{ ...item, dueAt: at(20) }]);
      expect(await index.take({ ...item, dueAt: at(20) }, at(20), at(22))).toEqual({ since: at(20), tries: 1 });
      expect(await index.revive({ ...item, sk: "USER#u2" }, at(20))).toBe(false);
    });

    test("the newest word on a membership stands, in whatever order the words come, and the same word twice is one", async () => {
      expect(await put("u1", 5)).toBe(true);
      expect(await put("u1", 5)).toBe(false);
      expect(await put("u1", 4, { member: false })).toBe(false);
      expect(await member("u1")).toEqual({ provider, groupId: "g1", userId: "u1", member: true, at: at(5) });
      expect(await put("u1", 6, { member: false, ttl: 3_900_000_000 })).toBe(true);
      expect(await put("u1", 5)).toBe(false);
      expect(await member("u1")).toMatchObject({ member: false, at: at(6), ttl: 3_900_000_000 });
      expect(await put("u1", 7)).toBe(true);
      expect((await member("u1")).ttl).toBeUndefined();
    });

    test("of two words of the same time, that who goes is gone, and whoever works on the other cannot mark it as done", async () => {
      await put("u1", 5);
      const seen = await member("u1");
      expect(await put("u1", 5, { member: false })).toBe(true);
      expect(await put("u1", 5, { member: false })).toBe(false);
      expect(await put("u1", 5)).toBe(false);
      expect(await directory.markMembership(seen, { synced: seen.at })).toBe(false);
      expect(await directory.markMembership(await member("u1"), { synced: seen.at })).toBe(true);
      expect(await member("u1")).toMatchObject({ member: false, at: at(5), synced: at(5) });
    });

    test("of parallel words on many memberships none is lost, and on one the newest stands", async () => {
      await Promise.all([
        ...Array.from({ length: 50 }, (_, n) => put(`u${n}`, 1)),
        ...Array.from({ length: 10 }, (_, n) => put("one", n, { member: n % 2 === 0 })),
      ]);
      const { memberships } = await directory.pageMembers(provider, "g1", { limit: 100 });
      expect(memberships.filter(({ userId }) => userId !== "one")).toHaveLength(50);
      expect(await member("one")).toMatchObject({ member: false, at: at(9) });
    });

    test("marks the work on a membership, and remembers over the next word whom its grants were given to", async () => {
      await put("u1", 1);
      const seen = await member("u1");
      expect(await directory.markMembership(seen, { synced: seen.at, mappedAt: at(0), grantedAs: "alice" })).toBe(true);
      await put("u1", 2, { member: false });
      expect(await member("u1")).toEqual({
        provider,
        groupId: "g1",
        userId: "u1",
        member: false,
        at: at(2),
        mappedAt: at(0),
        grantedAs: "alice",
      });
      expect(await directory.markMembership(await member("u1"), { synced: undefined, grantedAs: undefined })).toBe(true);
      expect(await member("u1")).toEqual({ provider, groupId: "g1", userId: "u1", member: false, at: at(2) });
    });

    test("marks nothing that another word, or another mark, moved, and nothing that is not there", async () => {
      await put("u1", 1);
      const seen = await member("u1");
      expect(await directory.markMembership(seen, { synced: "again", grantedAs: "alice" })).toBe(true);
      expect(await directory.markMembership(seen, { synced: seen.at, grantedAs: "bob" })).toBe(false);
      const marked = await member("u1");
      await put("u1", 2);
      expect(await directory.markMembership(marked, { synced: marked.at, grantedAs: "bob" })).toBe(false);
      expect(await member("u1")).toEqual({ provider, groupId: "g1", userId: "u1", member: true, at: at(2), grantedAs: "alice" });
      expect(await directory.markMembership({ ...seen, userId: "u2" }, { synced: seen.at, grantedAs: "x" })).toBe(false);
      expect(await directory.getMembership(provider, "g1", "u2")).toBeUndefined();
    });

    test("forgets a membership as it was read, and no newer one", async () => {
      await put("u1", 1);
      const seen = await member("u1");
      await put("u1", 2);
      await directory.deleteMembership(seen);
      await directory.deleteMembership(await member("u1"));
      await directory.deleteMembership(seen);
      expect(await directory.getMembership(provider, "g1", "u1")).toBeUndefined();
    });

    test("pages members in the order of user ids, all of them or those with work to do, of this group alone", async () => {
      await Promise.all([5, 3, 1, 4, 2].map((n) => put(`u${n}`, n, { member: n !== 4 })));
      await directory.putMembership({ provider, groupId: "g1x", userId: "u9", member: true, at: at(1) });
      for (const id of ["u1", "u3"]) {
        const seen = await member(id);
        await directory.markMembership(seen, { synced: seen.at, grantedAs: id });
      }
      const pages = async (unsynced?: boolean): Promise<string[]> => {
        const ids: string[] = [];
        let after: string | undefined;
        do {
          const { memberships, next } = await directory.pageMembers(provider, "g1", { limit: 2, after, unsynced });
          expect(memberships.length).toBeLessThanOrEqual(2);
          ids.push(...memberships.map(({ userId }) => userId));
          after = next;
        } while (after !== undefined);
        return ids;
      };
      expect(await pages()).toEqual(["u1", "u2", "u3", "u4", "u5"]);
      expect(await pages(true)).toEqual(["u2", "u4", "u5"]);
    });

    test("tells the groups that a user is, or was, in", async () => {
      await put("u1", 1);
      await put("u2", 1);
      await directory.putMembership({ provider, groupId: "g#2", userId: "u1", member: false, at: at(1) });
      const groups = () => directory.groupsOf(provider, "u1");
      expect((await settled(groups, ({ length }) => length === 2)).sort()).toEqual(["g#2", "g1"]);
      expect(await directory.groupsOf(`${provider}2`, "u1")).toEqual([]);
    });
  });
}
