import * as z from "zod";
import { signedHex } from "./equal.ts";
import { messageId, type WebhookFormat } from "./format.ts";
import { id, nothingSaid, objectOf, read, said, time } from "./json.ts";
import { isTimely, windows } from "./time-window.ts";

const user = z.object({
  id,
  username: said,
  email: said,
  state: z.string().optional(),
  raw_attributes: z.object({ userName: said }).nullish().catch(undefined),
});
const group = z.object({ id, name: said });
/** Memberships and deletions are dated by the event, states by themselves: a stale copy may come late in a new event. */
const membership = z.object({ created_at: time, data: z.object({ user, group }) });
const userState = z.object({ data: user.extend({ updated_at: time, state: z.enum(["active", "inactive", "suspended"]) }) });
const userGone = z.object({ created_at: time, data: user });
const groupState = z.object({ data: group.extend({ updated_at: time }) });
const groupGone = z.object({ created_at: time, data: group });

const userOf = ({ id, username, email, raw_attributes }: z.output<typeof user>) => ({
  id,
  userName: username ?? raw_attributes?.userName ?? email,
  email,
});
const groupOf = ({ id, name }: z.output<typeof group>) => ({ id, displayName: name });

/** WorkOS Directory Sync: `WorkOS-Signature: t=<milliseconds>, v1=<hex HMAC-SHA256 of "<t>.<body>">`, made anew for each try. */
export const workos: WebhookFormat = {
  verify({ headers, body }, secrets, now) {
    const [, sent, signature] = /^t=(\d{1,15}), ?v1=([0-9a-fA-F]{64})$/.exec(headers["workos-signature"] ?? "") ?? [];
    if (sent === undefined || signature === undefined) return { refused: "WorkOS-Signature is missing, or not t=...,v1=..." };
    if (!isTimely(Number(sent), now, windows.delivery)) return { refused: "the signature is not of this time" };
    if (!signedHex(secrets, signature, [`${sent}.`, body])) return { refused: "the signature is not of a valid secret" };
    const message = objectOf(body)?.["id"];
    return typeof message === "string" && messageId.test(message) ? { authentic: true, id: message } : { malformed: "id is no id" };
  },

  translate(body) {
    const translation = nothingSaid();
    const event = objectOf(body) ?? {};
    const type = String(event["event"]);
    switch (type) {
      case "dsync.group.user_added":
      case "dsync.group.user_removed":
        read(translation, type, membership, event, ({ created_at, data }) => [
          {
            kind: "membership",
            group: groupOf(data.group),
            user: userOf(data.user),
            member: type === "dsync.group.user_added",
            occurredAt: created_at,
          },
        ]);
        break;
      case "dsync.user.created":
      case "dsync.user.updated":
        read(translation, type, userState, event, ({ data }) => [
          { kind: "user", user: { ...userOf(data), active: data.state === "active" }, occurredAt: data.updated_at },
        ]);
        break;
      case "dsync.user.deleted":
        read(translation, type, userGone, event, ({ created_at, data }) => [
          { kind: "user", user: { ...userOf(data), active: false }, occurredAt: created_at },
        ]);
        break;
      case "dsync.group.created":
      case "dsync.group.updated":
        read(translation, type, groupState, event, ({ data }) => [
          { kind: "group", group: groupOf(data), deleted: false, occurredAt: data.updated_at },
        ]);
        break;
      case "dsync.group.deleted":
        read(translation, type, groupGone, event, ({ created_at, data }) => [
          { kind: "group", group: groupOf(data), deleted: true, occurredAt: created_at },
        ]);
        break;
      default:
        translation.ignored.push(type);
    }
    return translation;
  },
};
