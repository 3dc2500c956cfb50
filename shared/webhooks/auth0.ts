import * as z from "zod";
import { isSecret } from "./equal.ts";
import { messageId, type WebhookFormat } from "./format.ts";
import { id, nothingSaid, objectOf, read, said, time } from "./json.ts";
import { isTimely, windows } from "./time-window.ts";

const data = <S extends z.ZodType>(object: S) => z.object({ time, data: z.object({ object }) });
const orgMember = z.object({ organization: z.object({ id }), user: z.object({ user_id: id, email: said }) });
const membership = data(orgMember);
const role = data(orgMember.extend({ role: z.object({ id, name: z.string().min(1).max(256) }) }));
const user = data(z.object({ user_id: id, username: said, email: said, blocked: z.boolean().nullish(), updated_at: time.optional() }));
const group = data(z.object({ id, name: said }));
const groupMember = data(z.object({ group: z.object({ id, name: said }), member: z.object({ id, member_type: z.string() }) }));

const userOf = ({ user_id, email }: z.output<typeof orgMember>["user"]) => ({ id: user_id, email });

/**
 * Auth0 event streams: the secret is the bearer token, an event is a CloudEvent. Its `time` is the event's, not the delivery's.
 * A role in an organization is the group `<organization id>:<role name>`, an organization's membership the group
 * `<organization id>`; Auth0's own groups are groups by their name.
 */
export const auth0: WebhookFormat = {
  verify({ headers, body }, secrets, now) {
    if (!isSecret(headers["authorization"], secrets, "Bearer ")) return { refused: "the Authorization header is no valid bearer token" };
    const event = objectOf(body);
    if (event === undefined) return { malformed: "the body is no JSON object" };
    if (!isTimely(Date.parse(String(event["time"])), now, windows.event)) return { refused: "time is not of this time" };
    const message = event["id"];
    return typeof message === "string" && messageId.test(message) ? { authentic: true, id: message } : { malformed: "id is no id" };
  },

  translate(body) {
    const translation = nothingSaid();
    const event = objectOf(body) ?? {};
    const type = String(event["type"]);
    switch (type) {
      case "organization.member.role.assigned":
      case "organization.member.role.deleted":
        read(translation, type, role, event, ({ time, data: { object } }) => [
          {
            kind: "membership",
            group: { id: `${object.organization.id}:${object.role.id}`, displayName: `${object.organization.id}:${object.role.name}` },
            user: userOf(object.user),
            member: type === "organization.member.role.assigned",
            occurredAt: time,
          },
        ]);
        break;
      case "organization.member.added":
      case "organization.member.deleted": {
        const member = type === "organization.member.added";
        read(translation, type, membership, event, ({ time, data: { object } }) => {
          const { id } = object.organization;
          // Who leaves an organization leaves its roles too, whether or not Auth0 tells of each.
          if (!member) translation.left.push({ groups: `${id}:`, user: userOf(object.user), occurredAt: time });
          return [{ kind: "membership", group: { id, displayName: id }, user: userOf(object.user), member, occurredAt: time }];
        });
        break;
      }
      case "group.member.added":
      case "group.member.deleted":
        read(translation, type, groupMember, event, ({ time, data: { object } }) => {
          if (object.member.member_type !== "user") {
            translation.ignored.push(`${type} (${object.member.member_type})`);
            return [];
          }
          const { group, member } = object;
          return [
            {
              kind: "membership",
              group: { id: group.id, displayName: group.name },
              user: { id: member.id },
              member: type === "group.member.added",
              occurredAt: time,
            },
          ];
        });
        break;
      case "group.created":
      case "group.updated":
      case "group.deleted":
        read(translation, type, group, event, ({ time, data: { object } }) => [
          {
            kind: "group",
            group: { id: object.id, displayName: object.name },
            deleted: type === "group.deleted",
            occurredAt: time,
          },
        ]);
        break;
      case "user.created":
      case "user.updated":
      case "user.deleted":
        read(translation, type, user, event, ({ time, data: { object } }) => [
          {
            kind: "user",
            user: {
              id: object.user_id,
              userName: object.username ?? object.email,
              email: object.email,
              active: type !== "user.deleted" && object.blocked !== true,
            },
            occurredAt: type === "user.deleted" ? time : (object.updated_at ?? time),
          },
        ]);
        break;
      default:
        translation.ignored.push(type);
    }
    return translation;
  },
};
