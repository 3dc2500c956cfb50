import { createPublicKey, timingSafeEqual, verify as verifySignature } from "node:crypto";
import * as z from "zod";
import { hmac } from "./equal.ts";
import { type Delivery, messageId, type Verdict, type WebhookFormat } from "./format.ts";
import { id, nothingSaid, objectOf, read, said, time } from "./json.ts";
import { isTimely, windows } from "./time-window.ts";

const user = z.object({ id, userName: said, email: said });
const group = z.object({ id, displayName: said });
const events = {
  "membership.added": z.object({ timestamp: time, data: z.object({ user, group }) }),
  "membership.removed": z.object({ timestamp: time, data: z.object({ user, group }) }),
  "user.activated": z.object({ timestamp: time, data: z.object({ user }) }),
  "user.deactivated": z.object({ timestamp: time, data: z.object({ user }) }),
  "group.deleted": z.object({ timestamp: time, data: z.object({ group }) }),
} as const;

/** https://www.standardwebhooks.com: any provider that signs so, with our own payload (docs/identity/standard-webhooks.md). */
export const standard: WebhookFormat = {
  verify({ headers, body }: Delivery, secrets, now): Verdict {
    const [message, seconds, signatures] = [headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]];
    if (message === undefined || seconds === undefined || signatures === undefined) return { refused: "a header is missing" };
    if (!messageId.test(message)) return { refused: "webhook-id is no id" };
    if (!/^\d{1,12}$/.test(seconds) || !isTimely(Number(seconds) * 1_000, now, windows.delivery))
      return { refused: "webhook-timestamp is not of this time" };
    // A few while a secret is rotated: more would be work for nothing.
    const given = signatures.split(" ").slice(0, 10);
    const content = Buffer.concat([Buffer.from(`${message}.${seconds}.`), body]);
    const signed = secrets.slice(0, 4).flatMap((secret) => given.map((signature) => isSigned(secret, signature, content)));
    if (!signed.includes(true)) return { refused: "no signature is of a valid secret" };
    return objectOf(body) === undefined ? { malformed: "the body is no JSON object" } : { authentic: true, id: message };
  },

  translate(body) {
    const said = nothingSaid();
    const event = objectOf(body) ?? {};
    switch (event["type"]) {
      case "membership.added":
      case "membership.removed": {
        const member = event["type"] === "membership.added";
        read(said, event["type"], events[event["type"]], event, ({ timestamp, data }) => [
          { kind: "membership", ...data, member, occurredAt: timestamp },
        ]);
        break;
      }
      case "user.activated":
      case "user.deactivated": {
        const active = event["type"] === "user.activated";
        read(said, event["type"], events[event["type"]], event, ({ timestamp, data }) => [
          { kind: "user", user: { ...data.user, active }, occurredAt: timestamp },
        ]);
        break;
      }
      case "group.deleted":
        read(said, event["type"], events["group.deleted"], event, ({ timestamp, data }) => [
          { kind: "group", group: data.group, deleted: true, occurredAt: timestamp },
        ]);
        break;
      default:
        said.ignored.push(String(event["type"]));
    }
    return said;
  },
};

/** `v1`: HMAC-SHA256 with a `whsec_` secret; `v1a`: ed25519 with a `whpk_` public key. Each secret serves its own kind only. */
function isSigned(secret: string, versioned: string, content: Buffer): boolean {
  const comma = versioned.indexOf(",");
  const [version, signature] = [versioned.slice(0, comma), base64(versioned.slice(comma + 1))];
  if (signature === undefined) return false;
  if (version === "v1" && !secret.startsWith("whpk_")) {
    const key = base64(secret.replace(/^whsec_/, ""));
    return key !== undefined && key.length >= 16 && signature.length === 32 && timingSafeEqual(hmac(key, [content]), signature);
  }
  if (version === "v1a" && secret.startsWith("whpk_")) {
    const key = base64(secret.slice("whpk_".length));
    return key?.length === 32 && signature.length === 64 && verifySignature(null, content, publicKey(key), signature);
  }
  return false;
}

/** What precedes an ed25519 key in its DER form (RFC 8410). */
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const publicKey = (key: Buffer) => createPublicKey({ key: Buffer.concat([ED25519_PREFIX, key]), format: "der", type: "spki" });

/** Canonical base64 alone, so that a signature has one spelling. */
function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined;
}
