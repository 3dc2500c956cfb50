import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { keycloak } from "../../../shared/webhooks/keycloak.ts";
import { now, type Signed, verificationContract } from "./verification.ts";

const eventOf = (type: string, resourcePath: string, representation?: object, more: object = {}) => ({
  uid: "f6f8a6a4-1f0a-4a0e-9f9a-0d9a6d2c7b11",
  id: "0a3c1e0e-1b57-4b8f-8d31-7d2f2c9a5a10",
  time: now.getTime(),
  realmId: "acme",
  type,
  resourceType: type.replace(/^admin\.|-.*$/g, ""),
  operationType: type.replace(/^.*-/, ""),
  resourcePath,
  ...(representation && { representation: JSON.stringify(representation) }),
  details: {},
  ...more,
});
const group = { id: "g-1", name: "tenant:acme:viewer", path: "/tenant:acme:viewer" };
const sign: Signed = ({ secret, at, body }) => {
  const text = body ?? JSON.stringify(eventOf("admin.GROUP_MEMBERSHIP-CREATE", "users/u-1/groups/g-1", group, { time: at.getTime() }));
  return { headers: { "x-keycloak-signature": createHmac("sha256", secret).update(text).digest("hex") }, body: Buffer.from(text) };
};
verificationContract("Keycloak", keycloak, sign, { secrets: ["first-secret", "second-secret"], pastMinutes: 1_440, signsBody: true });

const translate = (...args: Parameters<typeof eventOf>) => keycloak.translate(JSON.stringify(eventOf(...args)));
const occurredAt = now.toISOString();

describe("Keycloak: what it says", () => {
  test.each([
    ["admin.GROUP_MEMBERSHIP-CREATE", true],
    ["admin.GROUP_MEMBERSHIP-DELETE", false],
  ])("%s makes membership %s", (type, member) => {
    expect(translate(type, "users/u-1/groups/g-1", group).changes).toEqual([
      { kind: "membership", group: { id: "g-1", displayName: "tenant:acme:viewer" }, user: { id: "u-1" }, member, occurredAt },
    ]);
  });
  test("a user that is disabled, enabled, deleted", () => {
    const state = { username: "ada", email: "ada@acme.test", enabled: false };
    expect(translate("admin.USER-UPDATE", "users/u-1", state).changes).toEqual([
      { kind: "user", user: { id: "u-1", userName: "ada", email: "ada@acme.test", active: false }, occurredAt },
    ]);
    expect(translate("admin.USER-CREATE", "users/u-1", { ...state, enabled: true }).changes).toMatchObject([{ user: { active: true } }]);
    expect(translate("admin.USER-UPDATE", "users/u-1", { enabled: true }, { details: { username: "ada" } }).changes).toMatchObject([
      { user: { userName: "ada", active: true } },
    ]);
    expect(translate("admin.USER-DELETE", "users/u-1").changes).toEqual([{ kind: "user", user: { id: "u-1", active: false }, occurredAt }]);
  });
  test("a group's name and its end", () => {
    expect(translate("admin.GROUP-UPDATE", "groups/g-1", group).changes).toMatchObject([
      { group: { id: "g-1", displayName: "tenant:acme:viewer" }, deleted: false },
    ]);
    expect(translate("admin.GROUP-DELETE", "groups/g-1").changes).toMatchObject([{ group: { id: "g-1" }, deleted: true }]);
  });
  test("nothing of other types, of what failed, and of an update that does not say whether the user is enabled", () => {
    expect(translate("access.LOGIN", "users/u-1")).toMatchObject({ changes: [], ignored: ["access.LOGIN"] });
    expect(translate("admin.USER-DELETE", "users/u-1", undefined, { error: "not allowed" })).toMatchObject({ changes: [], malformed: [] });
    expect(translate("admin.USER-UPDATE", "users/u-1", { username: "ada" })).toMatchObject({ changes: [], malformed: [] });
  });
  test("with the reason, what has another path", () => {
    for (const path of ["users/u-1", "users/u-1/groups/g-1/more", "groups/g-1", ""])
      expect(translate("admin.GROUP_MEMBERSHIP-CREATE", path, group)).toMatchObject({ changes: [], malformed: [expect.any(String)] });
  });
});
