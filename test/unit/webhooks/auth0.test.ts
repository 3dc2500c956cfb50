import { describe, expect, test } from "@jest/globals";
import { auth0 } from "../../../shared/webhooks/auth0.ts";
import { now, type Signed, verificationContract } from "./verification.ts";

const eventOf = (type: string, object: object, time = "2030-01-31T11:59:00.000Z") => ({
  specversion: "1.0",
  type,
  source: "urn:auth0:example.auth0app.com",
  id: "evt_vjFVP5pVdfvsfRKatshkVV",
  time,
  data: { object },
  a0tenant: "example",
  a0stream: "est_vjFVP5pVdfvsfRKatshkVV",
});
const organization = { id: "org_0123456789abcdef" };
const user = { user_id: "auth0|ada" };
const role = { id: "rol_0123456789abcdef", name: "admin" };
const occurredAt = "2030-01-31T11:59:00.000Z";
const sign: Signed = ({ secret, at, body }) => ({
  headers: { authorization: `Bearer ${secret}` },
  body: Buffer.from(body ?? JSON.stringify(eventOf("organization.member.role.assigned", { organization, user, role }, at.toISOString()))),
});
verificationContract("Auth0", auth0, sign, { secrets: ["first-secret-of-auth0", "second-secret"], pastMinutes: 1_440, signsBody: false });

test("Auth0's token without Bearer is none", () => {
  const genuine = sign({ secret: "s", at: now });
  for (const authorization of ["s", "Basic s", "Bearer  s", "Bearer s s"])
    expect("refused" in auth0.verify({ ...genuine, headers: { authorization } }, ["s"], now)).toBe(true);
});

const translate = (type: string, object: object) => auth0.translate(JSON.stringify(eventOf(type, object)));

describe("Auth0: what it says", () => {
  test.each([
    ["organization.member.role.assigned", true],
    ["organization.member.role.deleted", false],
  ])("%s: a role in an organization is a group, by both names", (type, member) => {
    expect(translate(type, { organization, user, role }).changes).toEqual([
      {
        kind: "membership",
        group: { id: "org_0123456789abcdef:rol_0123456789abcdef", displayName: "org_0123456789abcdef:admin" },
        user: { id: "auth0|ada" },
        member,
        occurredAt,
      },
    ]);
  });
  test("membership of an organization is a group, and who leaves it leaves all of its roles", () => {
    const change = {
      kind: "membership",
      group: { id: organization.id, displayName: organization.id },
      user: { id: "auth0|ada" },
      occurredAt,
    };
    expect(translate("organization.member.added", { organization, user })).toMatchObject({
      changes: [{ ...change, member: true }],
      left: [],
    });
    expect(translate("organization.member.deleted", { organization, user })).toMatchObject({
      changes: [{ ...change, member: false }],
      left: [{ groups: "org_0123456789abcdef:", user: { id: "auth0|ada" }, occurredAt }],
    });
  });
  test("Auth0's own groups, of their users", () => {
    const group = { id: "grp_0123456789abcd", type: "tenant" };
    const added = translate("group.member.added", { group, member: { member_type: "user", id: "auth0|ada" } });
    expect(added.changes).toMatchObject([{ group: { id: group.id }, user: { id: "auth0|ada" }, member: true }]);
    expect(translate("group.member.deleted", { group, member: { member_type: "user", id: "auth0|ada" } }).changes).toMatchObject([
      { member: false },
    ]);
    expect(translate("group.member.added", { group, member: { member_type: "connection", id: "con_1" } })).toMatchObject({
      changes: [],
      ignored: ["group.member.added (connection)"],
    });
    const named = { ...group, name: "tenant:acme:viewer" };
    expect(translate("group.updated", named).changes).toMatchObject([{ group: { displayName: "tenant:acme:viewer" }, deleted: false }]);
    expect(translate("group.deleted", named).changes).toMatchObject([{ deleted: true }]);
  });
  test("a blocked and a deleted user is not active; a state is dated by itself", () => {
    const state = { user_id: "auth0|ada", email: "ada@acme.test", updated_at: "2030-01-31T11:58:00.000Z" };
    const said = { id: "auth0|ada", userName: "ada@acme.test", email: "ada@acme.test" };
    expect(translate("user.updated", { ...state, blocked: true }).changes).toEqual([
      { kind: "user", user: { ...said, active: false }, occurredAt: "2030-01-31T11:58:00.000Z" },
    ]);
    expect(translate("user.updated", state).changes).toMatchObject([{ user: { active: true } }]);
    expect(translate("user.deleted", state).changes).toEqual([{ kind: "user", user: { ...said, active: false }, occurredAt }]);
  });
  test("nothing of other types; with the reason, what is broken", () => {
    expect(translate("connection.created", {})).toMatchObject({ changes: [], ignored: ["connection.created"] });
    expect(translate("organization.member.role.assigned", { organization, user }).malformed).toHaveLength(1);
  });
});
