import { generateKeyPairSync, randomBytes, sign as signBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { standard } from "../../../shared/webhooks/standard.ts";
import { now, type Signed, verificationContract } from "./verification.ts";

const secretOf = () => `whsec_${randomBytes(32).toString("base64")}`;
const added = {
  type: "membership.added",
  timestamp: "2030-01-31T11:59:58Z",
  data: { user: { id: "u-1", userName: "ada", email: "ada@acme.test" }, group: { id: "g-1", displayName: "tenant:acme:viewer" } },
};
const headersOf = (at: Date, signature: string) => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
  "webhook-signature": signature,
});

/** Signed by the reference library, which has no part in the verification. */
const symmetric: Signed = ({ secret, at, body = JSON.stringify(added) }) => {
  const whole = new Date(Math.floor(at.getTime() / 1_000) * 1_000);
  return { headers: headersOf(whole, new Webhook(secret).sign("msg_1", whole, body)), body: Buffer.from(body) };
};
verificationContract("Standard Webhooks, v1", standard, symmetric, { secrets: [secretOf(), secretOf()], pastMinutes: 5, signsBody: true });

const pairs = new Map(
  [0, 1].map(() => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    return [`whpk_${Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")}`, privateKey];
  }),
);
const asymmetric: Signed = ({ secret, at, body = JSON.stringify(added) }) => {
  const key = pairs.get(secret);
  if (key === undefined) throw new Error("no such key");
  const content = `msg_1.${Math.floor(at.getTime() / 1_000)}.${body}`;
  return { headers: headersOf(at, `v1a,${signBytes(null, Buffer.from(content), key).toString("base64")}`), body: Buffer.from(body) };
};
const [first = "", second = ""] = pairs.keys();
verificationContract("Standard Webhooks, v1a", standard, asymmetric, { secrets: [first, second], pastMinutes: 5, signsBody: true });

describe("Standard Webhooks: signatures", () => {
  const secret = secretOf();
  const genuine = symmetric({ secret, at: now });
  const signature = genuine.headers["webhook-signature"] ?? "";
  const verify = (given: string, valid = [secret]) =>
    "authentic" in standard.verify({ ...genuine, headers: { ...genuine.headers, "webhook-signature": given } }, valid, now);

  test("one of several is enough", () => {
    expect(verify(`v1,${randomBytes(32).toString("base64")} ${signature}`)).toBe(true);
    expect(verify(`v1a,${randomBytes(64).toString("base64")} ${signature} v2,whatever`)).toBe(true);
  });
  test("one of another version, or without one, is none", () => {
    for (const given of [
      signature.replace("v1,", "v1a,"),
      signature.replace("v1,", "v2,"),
      signature.slice(3),
      `,${signature.slice(3)}`,
      "",
      "v1,",
    ])
      expect(verify(given)).toBe(false);
  });
  test("a public key is never taken as a secret that signs", () => {
    const body = JSON.stringify(added);
    const key = Buffer.from(first.slice("whpk_".length), "base64");
    const forged = symmetric({ secret: `whsec_${key.toString("base64")}`, at: now, body });
    expect("authentic" in standard.verify(forged, [first], now)).toBe(false);
  });
  test("the id is signed, too", () => {
    const delivery = { ...genuine, headers: { ...genuine.headers, "webhook-id": "msg_2" } };
    expect("refused" in standard.verify(delivery, [secret], now)).toBe(true);
  });
});

describe("Standard Webhooks: what it says", () => {
  const translate = (event: unknown) => standard.translate(JSON.stringify(event));

  test("a membership that comes and goes, with what is known of both", () => {
    const { user, group } = added.data;
    const change = { kind: "membership", user, group, occurredAt: "2030-01-31T11:59:58.000Z" };
    expect(translate(added)).toMatchObject({ changes: [{ ...change, member: true }], malformed: [], ignored: [] });
    expect(translate({ ...added, type: "membership.removed" }).changes).toEqual([{ ...change, member: false }]);
  });
  test("a user's state, and a group's end", () => {
    const occurredAt = "2030-01-31T11:59:58.000Z";
    expect(translate({ ...added, type: "user.deactivated" }).changes).toEqual([
      { kind: "user", user: { ...added.data.user, active: false }, occurredAt },
    ]);
    expect(translate({ ...added, type: "user.activated" }).changes).toMatchObject([{ user: { active: true } }]);
    expect(translate({ ...added, type: "group.deleted" }).changes).toEqual([
      { kind: "group", group: added.data.group, deleted: true, occurredAt },
    ]);
  });
  test("nothing, of an unknown type; and with a reason, of a known one that is not whole", () => {
    expect(translate({ ...added, type: "invoice.paid" })).toMatchObject({ changes: [], ignored: ["invoice.paid"], malformed: [] });
    for (const broken of [
      { ...added, timestamp: "yesterday" },
      { ...added, data: { user: added.data.user } },
      { ...added, data: null },
    ])
      expect(translate(broken)).toMatchObject({ changes: [], malformed: [expect.stringContaining("membership.added: ")] });
  });
});
