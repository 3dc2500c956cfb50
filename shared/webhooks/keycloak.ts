import * as z from "zod";
import { signedHex } from "./equal.ts";
import { messageId, type WebhookFormat } from "./format.ts";
import { nothingSaid, objectOf, read, said } from "./json.ts";
import { isTimely, windows } from "./time-window.ts";

/** Epoch milliseconds. */
const time = z
  .int()
  .min(0)
  .max(8.64e15)
  .transform((ms) => new Date(ms).toISOString());
/** A JSON text in the JSON, as Keycloak puts what was changed. */
const representation = z
  .string()
  .optional()
  .catch(undefined)
  .transform((text) => objectOf(text ?? "") ?? {});
const path = (pattern: RegExp) => z.string().regex(pattern, `resourcePath like ${pattern.source}`);
const event = z.object({ time, representation, details: z.object({ username: said }).nullish().catch(undefined) });
const userPath = /^users\/([^/]{1,256})$/;
const groupPath = /^groups\/([^/]{1,256})$/;
const memberPath = /^users\/([^/]{1,256})\/groups\/([^/]{1,256})$/;
const userEvent = event.extend({ resourcePath: path(userPath) });
const userState = userEvent.extend({
  representation: representation.pipe(z.object({ username: said, email: said, enabled: z.boolean().optional() })),
});
const groupEvent = event.extend({ resourcePath: path(groupPath) });
const memberEvent = event.extend({ resourcePath: path(memberPath) });

const part = (pattern: RegExp, text: string, index: number): string => pattern.exec(text)?.[index] ?? "";
const nameOf = (value: Record<string, unknown>): string | undefined => said.parse(value["name"]);

/**
 * Keycloak by the extension p2-inc/keycloak-events: `X-Keycloak-Signature` is the hex HMAC-SHA256 of the body, which holds its
 * own id and time (the event's).
 */
export const keycloak: WebhookFormat = {
  verify({ headers, body }, secrets, now) {
    const signature = headers["x-keycloak-signature"];
    if (signature === undefined) return { refused: "X-Keycloak-Signature is missing" };
    if (!signedHex(secrets, signature, [body])) return { refused: "the signature is not of a valid secret" };
    const event = objectOf(body);
    if (event === undefined) return { malformed: "the body is no JSON object" };
    const sent = event["time"];
    if (typeof sent !== "number" || !isTimely(sent, now, windows.event)) return { refused: "time is not of this time" };
    const message = [event["uid"], event["id"]].find((one) => typeof one === "string" && messageId.test(one));
    return typeof message === "string" ? { authentic: true, id: message } : { malformed: "neither uid nor id is an id" };
  },

  translate(body) {
    const translation = nothingSaid();
    const event = objectOf(body) ?? {};
    const type = String(event["type"]);
    if (typeof event["error"] === "string") return { ...translation, ignored: [`${type} (${event["error"]})`] };
    switch (type) {
      case "admin.GROUP_MEMBERSHIP-CREATE":
      case "admin.GROUP_MEMBERSHIP-DELETE":
        read(translation, type, memberEvent, event, ({ time, resourcePath, representation }) => [
          {
            kind: "membership",
            group: { id: part(memberPath, resourcePath, 2), displayName: nameOf(representation) },
            user: { id: part(memberPath, resourcePath, 1) },
            member: type === "admin.GROUP_MEMBERSHIP-CREATE",
            occurredAt: time,
          },
        ]);
        break;
      case "admin.USER-CREATE":
      case "admin.USER-UPDATE":
        read(translation, type, userState, event, ({ time, resourcePath, representation, details }) => {
          const { username, email, enabled: active } = representation;
          if (active === undefined) {
            translation.ignored.push(`${type} (does not say whether the user is enabled)`);
            return [];
          }
          const userName = username ?? details?.username;
          return [{ kind: "user", user: { id: part(userPath, resourcePath, 1), userName, email, active }, occurredAt: time }];
        });
        break;
      case "admin.USER-DELETE":
        read(translation, type, userEvent, event, ({ time, resourcePath }) => [
          { kind: "user", user: { id: part(userPath, resourcePath, 1), active: false }, occurredAt: time },
        ]);
        break;
      case "admin.GROUP-CREATE":
      case "admin.GROUP-UPDATE":
      case "admin.GROUP-DELETE":
        read(translation, type, groupEvent, event, ({ time, resourcePath, representation }) => [
          {
            kind: "group",
            group: { id: part(groupPath, resourcePath, 1), displayName: nameOf(representation) },
            deleted: type === "admin.GROUP-DELETE",
            occurredAt: time,
          },
        ]);
        break;
      default:
        translation.ignored.push(type);
    }
    return translation;
  },
};
