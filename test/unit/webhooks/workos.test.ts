import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { workos } from "../../../shared/webhooks/workos.ts";
import { type Signed, verificationContract } from "./verification.ts";

const user = {
  object: "directory_user",
  id: "directory_user_01",
  email: "ada@acme.test",
  state: "active",
  raw_attributes: { userName: "ada" },
  updated_at: "2030-01-31T11:50:00.000Z",
};
const group = { id: "directory_group_01", name: "tenant:acme:viewer", updated_at: "2030-01-31T11:40:00.000Z" };
const eventOf = (event: string, data: object) => ({ id: "event_01", event, data, created_at: "2030-01-31T11:59:00.000Z" });
const sign: Signed = ({ secret, at, body = JSON.stringify(eventOf("dsync.group.user_added", { user, group })) }) => ({
  headers: {
    "workos-signature": `t=${at.getTime()}, v1=${createHmac("sha256", secret).update(`${at.getTime()}.${body}`).digest("hex")}`,
  },
  body: Buffer.from(body),
});
verificationContract("WorkOS", workos, sign, { secrets: ["first-secret", "second-secret"], pastMinutes: 5, signsBody: true });

const translate = (event: string, data: object) => workos.translate(JSON.stringify(eventOf(event, data)));

describe("WorkOS: what it says", () => {
  const said = { id: "directory_user_01", userName: "ada", email: "ada@acme.test" };
  test.each([
    ["dsync.group.user_added", true],
    ["dsync.group.user_removed", false],
  ])("%s makes membership %s, dated by the event", (type, member) => {
    expect(translate(type, { directory_id: "directory_01", user, group }).changes).toEqual([
      {
        kind: "membership",
        group: { id: "directory_group_01", displayName: "tenant:acme:viewer" },
        user: said,
        member,
        occurredAt: "2030-01-31T11:59:00.000Z",
      },
    ]);
  });
  test("a user's state is dated by itself, so that a stale copy in a new event is old", () => {
    expect(translate("dsync.user.updated", { ...user, state: "inactive" }).changes).toEqual([
      { kind: "user", user: { ...said, active: false }, occurredAt: "2030-01-31T11:50:00.000Z" },
    ]);
    expect(translate("dsync.user.created", user).changes).toMatchObject([{ user: { active: true } }]);
    expect(translate("dsync.user.deleted", user).changes).toEqual([
      { kind: "user", user: { ...said, active: false }, occurredAt: "2030-01-31T11:59:00.000Z" },
    ]);
  });
  test("a group's name and its end", () => {
    const changed = { id: "directory_group_01", displayName: "tenant:acme:viewer" };
    for (const type of ["dsync.group.created", "dsync.group.updated"])
      expect(translate(type, group).changes).toEqual([
        { kind: "group", group: changed, deleted: false, occurredAt: "2030-01-31T11:40:00.000Z" },
      ]);
    expect(translate("dsync.group.deleted", group).changes).toMatchObject([{ deleted: true, occurredAt: "2030-01-31T11:59:00.000Z" }]);
  });
  test("a user without a userName goes by the address", () => {
    expect(translate("dsync.user.created", { ...user, raw_attributes: null }).changes).toMatchObject([
      { user: { userName: "ada@acme.test" } },
    ]);
  });
  test("nothing of other types; with the reason, what is broken", () => {
    expect(translate("connection.activated", {})).toMatchObject({ changes: [], ignored: ["connection.activated"] });
    expect(translate("dsync.user.updated", { id: "x" }).malformed).toHaveLength(1);
    expect(translate("dsync.group.user_added", { user }).malformed).toHaveLength(1);
  });
});
