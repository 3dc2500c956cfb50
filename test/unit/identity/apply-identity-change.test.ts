import { expect, test } from "@jest/globals";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { createGroup } from "../../../shared/usecases/identity/provision-group.ts";
import { changeUser, createUser } from "../../../shared/usecases/identity/provision-user.ts";
import { identityWorld } from "../../support/identity-world.ts";

const at = (second: number): string => `2029-12-31T00:00:${String(second).padStart(2, "0")}.000Z`;
const group = { id: "g1", displayName: "tenant:acme:viewer" };
const user = { id: "u1", userName: "alice@example.com", email: "alice@example.com" };
const membership = (member: boolean, second: number, over: object = {}): IdentityChange => ({
  kind: "membership",
  group,
  user,
  member,
  occurredAt: at(second),
  ...over,
});
const active = (is: boolean, second: number, over: object = {}): IdentityChange => ({
  kind: "user",
  user: { ...user, active: is, ...over },
  occurredAt: at(second),
});
const permutations = <T>(items: T[]): T[][] =>
  items.length < 2 ? [items] : items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]));

test("a membership of a user and a group that nobody told of records all three, makes the group due and says so", async () => {
  const { directory, sent, ports } = identityWorld();
  await applyIdentityChange(membership(true, 1), "okta", ports);
  expect(await directory.getUser("okta", "u1")).toMatchObject({ ...user, active: true });
  expect(await directory.getMembership("okta", "g1", "u1")).toMatchObject({ member: true, at: at(1) });
  const recorded = await directory.getGroup("okta", "g1");
  expect(recorded).toMatchObject({ displayName: "tenant:acme:viewer", dueAt: "2030-01-01T00:00:00.000Z" });
  expect(sent).toEqual([{ pk: "IDP#okta", sk: "GROUP#g1", dueAt: recorded?.dueAt }]);
});

test("additions and removals of one membership end, in every order, where the newest says", async () => {
  const words = [membership(true, 1), membership(false, 2), membership(true, 3), membership(false, 4)];
  for (const order of permutations(words)) {
    const { directory, ports } = identityWorld();
    for (const word of order) await applyIdentityChange(word, "okta", ports);
    expect(await directory.getMembership("okta", "g1", "u1")).toMatchObject({ member: false, at: at(4), ttl: expect.any(Number) });
  }
});

test("words on a user end, in every order and between memberships that name them, where the newest says", async () => {
  const words = [active(true, 1), active(false, 2, { userName: "bob@example.com" }), membership(true, 3), active(true, 0)];
  for (const order of permutations(words)) {
    const { directory, ports } = identityWorld();
    for (const word of order) await applyIdentityChange(word, "okta", ports);
    expect(await directory.getUser("okta", "u1")).toMatchObject({ active: false, userName: "bob@example.com", at: at(2) });
  }
});

test("words on a group end, in every order, where the newest says, and a name told later replaces its id", async () => {
  const named = (displayName: string | undefined, deleted: boolean, second: number): IdentityChange => ({
    kind: "group",
    group: { id: "g1", displayName },
    deleted,
    occurredAt: at(second),
  });
  for (const order of permutations([membership(true, 1, { group: { id: "g1" } }), named("old", false, 2), named("new", false, 3)])) {
    const { directory, ports } = identityWorld();
    for (const word of order) await applyIdentityChange(word, "okta", ports);
    expect(await directory.getGroup("okta", "g1")).toMatchObject({ displayName: "new", at: at(3) });
  }
  const { directory, ports } = identityWorld();
  await applyIdentityChange(membership(true, 1, { group: { id: "g1" } }), "okta", ports);
  expect((await directory.getGroup("okta", "g1"))?.displayName).toBe("g1");
  await applyIdentityChange(membership(true, 1), "okta", ports);
  expect((await directory.getGroup("okta", "g1"))?.displayName).toBe("tenant:acme:viewer");
  await applyIdentityChange(named(undefined, true, 5), "okta", ports);
  expect(await directory.getGroup("okta", "g1")).toMatchObject({ deleted: true, dueAt: expect.any(String) });
});

test("a deactivation makes the user due and says so; the same word again changes nothing", async () => {
  const { directory, sent, ports } = identityWorld();
  await applyIdentityChange(active(true, 1), "okta", ports);
  expect(sent).toEqual([]);
  await applyIdentityChange(active(false, 2), "okta", ports);
  const recorded = await directory.getUser("okta", "u1");
  expect(recorded?.dueAt).toBe("2030-01-01T00:00:00.000Z");
  expect(sent).toEqual([{ pk: "IDP#okta", sk: "USER#u1", dueAt: recorded?.dueAt }]);
  await applyIdentityChange(active(false, 2), "okta", ports);
  expect(await directory.getUser("okta", "u1")).toEqual(recorded);
  expect(sent).toHaveLength(1);
});

test("somebody who is first heard of when they are deactivated is due: they may hold grants that were given directly", async () => {
  const { directory, ports } = identityWorld();
  await applyIdentityChange(active(false, 1), "okta", ports);
  expect(await directory.getUser("okta", "u1")).toMatchObject({ active: false, dueAt: expect.any(String) });
});

test("a provider's id of somebody, or of a group, that SCIM recorded by the same name is that one", async () => {
  const { directory, ports, pass } = identityWorld("2029-12-30T00:00:00.000Z");
  const scim = await createUser("okta", { userName: user.userName, active: true }, ports);
  const scimGroup = await createGroup("okta", { displayName: group.displayName }, [], ports, () => true);
  pass(86_400_000);
  await applyIdentityChange(membership(true, 1), "okta", ports);
  expect(await directory.getMembership("okta", scimGroup.id, scim.id)).toMatchObject({ member: true });
  await applyIdentityChange(active(false, 2), "okta", ports);
  expect((await directory.getUser("okta", scim.id))?.active).toBe(false);
  expect([...directory.users.keys(), ...directory.groups.keys()]).toHaveLength(2);
});

test("a deactivation reaches who was recorded by a bare id before, and who has the name", async () => {
  const { directory, ports } = identityWorld("2029-12-30T00:00:00.000Z");
  await applyIdentityChange(membership(true, 1, { user: { id: "u1" } }), "okta", ports);
  const scim = await createUser("okta", { userName: user.userName, active: true }, ports);
  await applyIdentityChange(active(false, 2), "okta", ports);
  expect(await directory.getUser("okta", "u1")).toMatchObject({ active: false, userName: "u1" });
  expect(await directory.getUser("okta", scim.id)).toMatchObject({ active: false, userName: user.userName });
});

test("a late word on somebody by a name that another has since taken does not touch the other", async () => {
  const { directory, ports, pass } = identityWorld("2029-12-30T00:00:00.000Z");
  await applyIdentityChange(active(true, 1), "okta", ports);
  pass(86_400_000 + 10_000);
  await changeUser("okta", "u1", (before) => ({ ...before, userName: "renamed@example.com" }), undefined, ports);
  const heir = await createUser("okta", { userName: user.userName, active: true }, ports);
  await applyIdentityChange(active(false, 5), "okta", ports);
  expect((await directory.getUser("okta", heir.id))?.active).toBe(true);
});

test("words of the past, of another provider or on other people stay apart", async () => {
  const { directory, ports } = identityWorld();
  await applyIdentityChange(membership(true, 5), "okta", ports);
  await applyIdentityChange(membership(false, 6), "entra", ports);
  expect((await directory.getMembership("okta", "g1", "u1"))?.member).toBe(true);
});

test("a call that dies between the membership and the message leaves the group due", async () => {
  const { directory, ports } = identityWorld();
  await applyIdentityChange(membership(true, 1), "okta", ports);
  const standing = await directory.getGroup("okta", "g1");
  if (standing) await directory.writeGroup(standing, { ...standing, version: standing.version + 1, dueAt: undefined });
  directory.putMembership = async () => {
    throw new Error("died");
  };
  await expect(applyIdentityChange(membership(false, 2), "okta", ports)).rejects.toThrow("died");
  expect((await directory.getGroup("okta", "g1"))?.dueAt).toBe("2030-01-01T00:02:00.000Z");
});
