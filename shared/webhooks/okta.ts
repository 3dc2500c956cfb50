import * as z from "zod";
import { isSecret } from "./equal.ts";
import { messageId, type Translation, type WebhookFormat } from "./format.ts";
import { id, nothingSaid, objectOf, read, said, time } from "./json.ts";
import { isTimely, windows } from "./time-window.ts";

const target = z.object({ id, type: z.string(), alternateId: said, displayName: said });
const event = z.object({ published: time, target: z.array(target).max(100) });
type Event = z.output<typeof event>;

/** The one target of a type: the schema of events that must have it. */
const one = ({ target }: Event, type: "User" | "UserGroup") => target.filter((found) => found.type === type);
const has = (type: "User" | "UserGroup") => (found: Event) => one(found, type).length === 1;
const aboutUser = event.refine(has("User"), "exactly one target of type User");
const aboutGroup = event.refine(has("UserGroup"), "exactly one target of type UserGroup");
const aboutBoth = aboutUser.refine(has("UserGroup"), "exactly one target of type UserGroup");

const userOf = (found: Event) => {
  const [user] = one(found, "User");
  return { id: user?.id ?? "", userName: user?.alternateId };
};
const groupOf = (found: Event) => {
  const [group] = one(found, "UserGroup");
  return { id: group?.id ?? "", displayName: group?.displayName };
};

/** Whether a person is active after an event of the type. */
const ACTIVE: Readonly<Record<string, boolean>> = {
  "user.lifecycle.activate": true,
  "user.lifecycle.reactivate": true,
  "user.lifecycle.unsuspend": true,
  "user.lifecycle.deactivate": false,
  "user.lifecycle.suspend": false,
  "user.lifecycle.delete.initiated": false,
  "user.lifecycle.delete.completed": false,
};

/**
 * Okta event hooks: the secret stands in the `Authorization` header as it is; a delivery holds a batch of System Log events,
 * and is dated by its `eventTime`.
 */
export const okta: WebhookFormat = {
  verify({ headers, body }, secrets, now) {
    if (!isSecret(headers["authorization"], secrets)) return { refused: "the Authorization header is no valid secret" };
    const delivery = objectOf(body);
    if (delivery === undefined) return { malformed: "the body is no JSON object" };
    if (!isTimely(Date.parse(String(delivery["eventTime"])), now, windows.delivery)) return { refused: "eventTime is not of this time" };
    const message = delivery["eventId"];
    return typeof message === "string" && messageId.test(message) ? { authentic: true, id: message } : { malformed: "eventId is no id" };
  },

  translate(body) {
    const translation = nothingSaid();
    const data = objectOf(body)?.["data"] as { events?: unknown } | undefined;
    if (!Array.isArray(data?.events)) return { ...translation, malformed: ["data.events is no list"] };
    const seen = new Set<unknown>();
    const events = data.events.map((one) => (typeof one === "object" && one !== null ? (one as Record<string, unknown>) : {}));
    const published = (one: Record<string, unknown>): string => String(one["published"]);
    for (const one of events.sort((a, b) => (published(a) < published(b) ? -1 : published(a) > published(b) ? 1 : 0))) {
      if (typeof one["uuid"] === "string" && seen.has(one["uuid"])) continue;
      seen.add(one["uuid"]);
      translateEvent(translation, one);
    }
    return translation;
  },
};

function translateEvent(into: Translation, one: Record<string, unknown>): void {
  const type = String(one["eventType"]);
  const result = (one["outcome"] as { result?: unknown } | null | undefined)?.result ?? "SUCCESS";
  if (result !== "SUCCESS") {
    into.ignored.push(`${type} (${String(result)})`);
    return;
  }
  const active = ACTIVE[type];
  const member = { "group.user_membership.add": true, "group.user_membership.remove": false }[type];
  const deleted = { "group.lifecycle.delete": true, "group.profile.update": false }[type];
  if (member !== undefined)
    read(into, type, aboutBoth, one, (found) => [
      { kind: "membership", group: groupOf(found), user: userOf(found), member, occurredAt: found.published },
    ]);
  else if (active !== undefined)
    read(into, type, aboutUser, one, (found) => [{ kind: "user", user: { ...userOf(found), active }, occurredAt: found.published }]);
  else if (deleted !== undefined)
    read(into, type, aboutGroup, one, (found) => [{ kind: "group", group: groupOf(found), deleted, occurredAt: found.published }]);
  else into.ignored.push(type);
}

/** What Okta wants to hear of its one-time GET; `undefined` where the header holds no challenge. */
export function answerChallenge(headers: Readonly<Record<string, string | undefined>>): { verification: string } | undefined {
  const verification = headers["x-okta-verification-challenge"];
  return verification !== undefined && /^[\x21-\x7e]{1,512}$/.test(verification) ? { verification } : undefined;
}
