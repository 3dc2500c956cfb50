import type { IdentityChange } from "../../domain/identity.ts";
import type { Cause } from "../../domain/tenant.ts";
import type { Platform } from "../../domain/platform.ts";
import type { DeadLetters, Directory, DueItem, Log, WebhookInbox, WebhookMessage } from "../../ports.ts";
import type { Translation } from "../../webhooks/format.ts";
import { formats } from "../../webhooks/formats.ts";
import { DONE, type Worked } from "../identity/ports.ts";

export interface WorkWebhookPorts {
  inbox: Pick<WebhookInbox, "get" | "done">;
  directory: Pick<Directory, "groupsOf">;
  deadLetters: DeadLetters;
  platform: Pick<Platform, "identity">;
  log: Log;
}

/** Records one change that a provider told of (`applyIdentityChange`). Idempotent, and in any order. */
export type ApplyChange = (change: IdentityChange, provider: string, cause: Cause) => Promise<unknown>;

/**
 * Does what a recorded message says: each change in its order, then the message is done.
 *
 * Delivery: at least once. It is done only after every change is recorded; a crash before repeats them, which changes
 * nothing. What cannot be read is set aside with the reason, and the rest of the message is done all the same.
 */
export async function workWebhook(
  item: Pick<DueItem, "pk" | "sk">,
  timeLeft: () => boolean,
  ports: WorkWebhookPorts,
  apply: ApplyChange,
): Promise<Worked> {
  const message = await ports.inbox.get(item);
  return message === undefined ? DONE : await workMessage(message, timeLeft, ports, apply);
}

/** The same for a message at hand: one that was set aside, and is sent again by an operator once it can be read. */
export async function workMessage(
  message: WebhookMessage,
  timeLeft: () => boolean,
  ports: WorkWebhookPorts,
  apply: ApplyChange,
): Promise<Worked> {
  const { inbox, deadLetters, log } = ports;
  const { provider, id } = message;
  const told = translate(message, ports);
  for (const change of [...told.changes, ...(await leaving(told, provider, ports))]) {
    // From the start then: what is recorded already is not recorded twice.
    if (!timeLeft()) return { again: { afterMs: 0, reason: "the time is up" } };
    await apply(change, provider, { actor: `webhook:${provider}`, correlationId: id, causationId: id });
  }
  if (told.ignored.length > 0) log.info("A webhook told of what is none of ours.", { provider, id, types: told.ignored });
  if (told.malformed.length > 0)
    await deadLetters.add(letterOf(message), { code: "InvalidInput", reason: `webhook ${provider} ${id}: ${told.malformed.join("; ")}` });
  await inbox.done(message);
  return DONE;
}

/** The message as a queue takes it (of 256 KiB): a body too large for that is cut, so that the rest of its work is not held up. */
function letterOf(message: WebhookMessage): string {
  const whole = JSON.stringify(message);
  return Buffer.byteLength(whole) <= 250_000 ? whole : JSON.stringify({ ...message, body: message.body.slice(0, 50_000), cut: true });
}

function translate({ provider, body }: WebhookMessage, { platform }: WorkWebhookPorts): Translation {
  const format = platform.identity.providers[provider]?.webhook?.format;
  if (format !== undefined) return formats[format].translate(body);
  return { changes: [], left: [], ignored: [], malformed: ["the provider has no webhook in the configuration any more"] };
}

/** Who left all groups whose ids begin so: those that the directory knows of. */
async function leaving({ left }: Translation, provider: string, { directory }: WorkWebhookPorts): Promise<IdentityChange[]> {
  const found = left.map(async ({ groups, user, occurredAt }) =>
    (await directory.groupsOf(provider, user.id))
      .filter((id) => id.startsWith(groups))
      .map((id): IdentityChange => ({ kind: "membership", group: { id }, user, member: false, occurredAt })),
  );
  return (await Promise.all(found)).flat();
}
