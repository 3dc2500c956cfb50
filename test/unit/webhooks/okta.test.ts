import { describe, expect, test } from "@jest/globals";
import { answerChallenge, okta } from "../../../shared/webhooks/okta.ts";
import { now, type Signed, verificationContract } from "./verification.ts";

const user = { id: "00u1", type: "User", alternateId: "ada@acme.test", displayName: "Ada" };
const group = { id: "00g1", type: "UserGroup", alternateId: "unknown", displayName: "tenant:acme:viewer" };
const event = (eventType: string, published: string, target: object[] = [user, group], more: object = {}) => ({
  uuid: `${eventType}-${published}`,
  published,
  eventType,
  version: "0",
  outcome: { result: "SUCCESS", reason: null },
  target,
  ...more,
});
const delivery = (events: object[], eventTime = now.toISOString()) => ({
  eventType: "com.okta.event_hook",
  eventTypeVersion: "1.0",
  cloudEventsVersion: "0.1",
  source: "https://example.okta.com/api/v1/eventHooks/who1",
  eventId: "b5a188b9-5ece-4636-b041-482ffda96311",
  data: { events },
  eventTime,
  contentType: "application/json",
});
const sign: Signed = ({ secret, at, body }) => ({
  headers: { authorization: secret },
  body: Buffer.from(body ?? JSON.stringify(delivery([event("group.user_membership.add", "2030-01-31T11:59:00.000Z")], at.toISOString()))),
});
verificationContract("Okta", okta, sign, { secrets: ["first-secret-of-okta", "second-secret"], pastMinutes: 5, signsBody: false });

const translate = (...events: object[]) => okta.translate(JSON.stringify(delivery(events)));

describe("Okta: what it says", () => {
  test("memberships in the order in which they came to be, not in that of the batch, and each once", () => {
    const [late, early] = [
      event("group.user_membership.remove", "2030-01-31T11:59:02.000Z"),
      event("group.user_membership.add", "2030-01-31T11:59:01.000Z"),
    ];
    const change = {
      kind: "membership",
      user: { id: "00u1", userName: "ada@acme.test" },
      group: { id: "00g1", displayName: "tenant:acme:viewer" },
    };
    expect(translate(late, early, late).changes).toEqual([
      { ...change, member: true, occurredAt: "2030-01-31T11:59:01.000Z" },
      { ...change, member: false, occurredAt: "2030-01-31T11:59:02.000Z" },
    ]);
  });

  test.each([
    ["user.lifecycle.activate", true],
    ["user.lifecycle.reactivate", true],
    ["user.lifecycle.unsuspend", true],
    ["user.lifecycle.deactivate", false],
    ["user.lifecycle.suspend", false],
    ["user.lifecycle.delete.initiated", false],
    ["user.lifecycle.delete.completed", false],
  ])("after %s the user's being active is %s", (type, active) => {
    expect(translate(event(type, "2030-01-31T11:59:00.000Z", [user])).changes).toEqual([
      { kind: "user", user: { id: "00u1", userName: "ada@acme.test", active }, occurredAt: "2030-01-31T11:59:00.000Z" },
    ]);
  });

  test.each([
    ["group.lifecycle.delete", true],
    ["group.profile.update", false],
  ])("after %s the group's being deleted is %s", (type, deleted) => {
    expect(translate(event(type, "2030-01-31T11:59:00.000Z", [group])).changes).toMatchObject([
      { kind: "group", group: { id: "00g1", displayName: "tenant:acme:viewer" }, deleted },
    ]);
  });

  test("nothing, of other types and of what did not succeed", () => {
    const failed = event("group.user_membership.add", "2030-01-31T11:59:00.000Z", [user, group], { outcome: { result: "FAILURE" } });
    expect(translate(event("user.session.start", "2030-01-31T11:59:00.000Z", [user]), failed)).toEqual({
      changes: [],
      left: [],
      ignored: expect.arrayContaining(["user.session.start", "group.user_membership.add (FAILURE)"]),
      malformed: [],
    });
  });

  test("with the reason, what is broken; the rest of the batch stays", () => {
    const broken = [
      event("group.user_membership.add", "2030-01-31T11:59:00.000Z", [user]),
      event("group.user_membership.add", "2030-01-31T11:59:00.001Z", [user, user, group]),
      event("user.lifecycle.suspend", "no time", [user]),
    ];
    const found = translate(...broken, event("user.lifecycle.suspend", "2030-01-31T11:59:00.000Z", [user]));
    expect(found.malformed).toHaveLength(3);
    expect(found.changes).toHaveLength(1);
    expect(okta.translate('{"data": {}}').malformed).toEqual(["data.events is no list"]);
  });
});

test("Okta's challenge is answered with what it held, and only with what a challenge may be", () => {
  expect(answerChallenge({ "x-okta-verification-challenge": "abc123" })).toEqual({ verification: "abc123" });
  for (const odd of [undefined, "", "a b", "x".repeat(513), "a\nb", "é"])
    expect(answerChallenge({ "x-okta-verification-challenge": odd })).toBeUndefined();
});
