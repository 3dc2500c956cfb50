import { TenantryError } from "../../domain/errors.ts";
import type { Platform } from "../../domain/platform.ts";
import type { AccessQueue, Clock, Log, Secrets, WebhookInbox } from "../../ports.ts";
import type { Delivery } from "../../webhooks/format.ts";
import { formats } from "../../webhooks/formats.ts";

export interface ReceivePorts {
  inbox: Pick<WebhookInbox, "add">;
  accessQueue: AccessQueue;
  secrets: Secrets;
  platform: Pick<Platform, "identity">;
  clock: Clock;
  log: Log;
}

/** Until the sweep takes a message that was lost on its way to the queue, milliseconds. */
const DUE_MS = 60_000;
/** How long an id is remembered, seconds: longer than any message is let in (`webhooks/time-window.ts`). */
const REMEMBERED_S = 30 * 86_400;

/**
 * Verifies a provider's message, records it and sends it on its way.
 *
 * Delivery: what is answered well is recorded, and a recorded message is worked on at least once. One whose id came before
 * is answered well and does nothing. The queue is the fast way; where it fails, the sweep finds the message.
 * @returns whether it is new
 * @throws TenantryError `Unauthorized`, the same for whatever is not authentic; `InvalidInput`, `PayloadTooLarge`
 */
export async function receiveWebhook(provider: string, delivery: Delivery, ports: ReceivePorts): Promise<boolean> {
  const { inbox, clock, log } = ports;
  const now = clock.now();
  const id = await verified(provider, delivery, now, ports);
  const message = { provider, id, body: delivery.body.toString("utf8"), receivedAt: now.toISOString() };
  const dueAt = new Date(now.getTime() + DUE_MS).toISOString();
  const item = await inbox.add(message, dueAt, Math.floor(now.getTime() / 1_000) + REMEMBERED_S);
  if (item === undefined) {
    log.info("A webhook's message came again.", { provider, id });
    return false;
  }
  await ports.accessQueue.send([item]).catch((error: unknown) => {
    log.warn("A webhook's message waits for the sweep.", { provider, id, error });
  });
  return true;
}

/** The message's id. What the caller hears of a refusal is always the same; our log knows why. */
async function verified(provider: string, delivery: Delivery, now: Date, { platform, secrets, log }: ReceivePorts): Promise<string> {
  const { providers } = platform.identity;
  const webhook = Object.hasOwn(providers, provider) ? providers[provider]?.webhook : undefined;
  const valid = webhook === undefined ? [] : await secrets(webhook.secret);
  const verdict = webhook === undefined ? { refused: "there is no such webhook" } : formats[webhook.format].verify(delivery, valid, now);
  if ("authentic" in verdict) return verdict.id;
  if ("malformed" in verdict) {
    log.warn("A signed webhook is not as its format says.", { provider, reason: verdict.malformed });
    throw new TenantryError("InvalidInput", "The body is not what this webhook takes.");
  }
  log.warn("A webhook is refused.", { provider, reason: valid.length > 0 ? verdict.refused : `${verdict.refused}; it has no secret` });
  throw new TenantryError("Unauthorized", "This call needs the signature of its provider.");
}
