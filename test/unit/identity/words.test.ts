import { expect, test } from "@jest/globals";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { changeGroup, createGroup } from "../../../shared/usecases/identity/provision-group.ts";
import { changeUser, createUser } from "../../../shared/usecases/identity/provision-user.ts";
import { identityWorld } from "../../support/identity-world.ts";

const provider = "okta";
const group = { id: "00g1", displayName: "tenant:acme:viewer" };
const user = { id: "00u1", userName: "anna@x" };
const at = (second: number): string => new Date(Date.parse("2029-12-31T23:59:00.000Z") + second * 1_000).toISOString();

test.each([
  [[true, false], false],
  [[false, true], false],
])("of a membership's words of the same time, %j, that who goes is gone", async (words, expected) => {
  const { directory, ports } = identityWorld();
  for (const member of words) await applyIdentityChange({ kind: "membership", group, user, member, occurredAt: at(1) }, provider, ports);
  expect((await directory.getMembership(provider, group.id, user.id))?.member).toBe(expected);
});

test.each([[[true, false]], [[false, true]]])("of a person's words of the same time, %j, that who goes is gone", async (words) => {
  const { directory, ports } = identityWorld();
  for (const active of words) await applyIdentityChange({ kind: "user", user: { ...user, active }, occurredAt: at(1) }, provider, ports);
  expect((await directory.getUser(provider, user.id))?.active).toBe(false);
});

test("a webhook that comes late lets nobody in whom SCIM said to be out since, though that changed nothing", async () => {
  const { directory, ports, pass } = identityWorld(at(0));
  const draft = { userName: user.userName, externalId: undefined, email: undefined, attributes: undefined };
  const { id: userId } = await createUser(provider, { ...draft, active: false }, ports);
  const { id: groupId } = await createGroup(
    provider,
    { displayName: group.displayName, externalId: undefined, attributes: undefined },
    [],
    ports,
    () => true,
  );
  pass(20_000);
  await changeUser(provider, userId, () => ({ ...draft, active: false }), undefined, ports);
  const out = { changes: [{ userId, member: false }] };
  await changeGroup(
    provider,
    groupId,
    (before) => before,
    out,
    undefined,
    ports,
    () => true,
  );
  await applyIdentityChange({ kind: "user", user: { ...user, active: true }, occurredAt: at(10) }, provider, ports);
  await applyIdentityChange({ kind: "membership", group, user, member: true, occurredAt: at(10) }, provider, ports);
  expect((await directory.getUser(provider, userId))?.active).toBe(false);
  expect((await directory.getMembership(provider, groupId, userId))?.member).toBe(false);
});
