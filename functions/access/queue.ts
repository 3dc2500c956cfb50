import * as z from "zod";
import { workQueue } from "../../shared/queues/batch.ts";
import { applyIdentityChange } from "../../shared/usecases/identity/apply-identity-change.ts";
import type { AccessPorts } from "../../shared/usecases/identity/ports.ts";
import { type AccessWork, reviveAccess, workAccess } from "../../shared/usecases/identity/work-access.ts";
import { type ApplyChange, workMessage, workWebhook, type WorkWebhookPorts } from "../../shared/usecases/webhooks/work-webhook.ts";
import { accessDeps } from "./deps.ts";

const message = z.union([
  z.object({ pk: z.string(), sk: z.string(), dueAt: z.string() }),
  z.strictObject({ pk: z.string(), sk: z.string(), setAside: z.literal(true) }),
  z.strictObject({ provider: z.string(), id: z.string(), body: z.string(), receivedAt: z.string() }),
]);

/** Kept from an invocation's time for the page that it is at, milliseconds. */
const RESERVE_MS = 15_000;

/**
 * Does the access work that the messages name: grants that end, groups, users, webhooks' messages. One that is not due is
 * void. What was set aside may be sent again: other work by its item, a webhook's message whole.
 */
export const createHandler = (ports: AccessPorts & WorkWebhookPorts) =>
  workQueue(
    message,
    async (asked, context) => {
      const timeLeft = (): boolean => context.getRemainingTimeInMillis() > RESERVE_MS;
      const webhook: AccessWork = (item) => workWebhook(item, timeLeft, ports, applyTo(ports));
      if ("dueAt" in asked) await workAccess(asked, timeLeft, ports, webhook);
      else if ("setAside" in asked) await reviveAccess(asked, timeLeft, ports, webhook);
      else if ("again" in (await workMessage(asked, timeLeft, ports, applyTo(ports)))) throw new Error("The time was up.");
    },
    ports.log,
  );

const applyTo =
  (ports: AccessPorts): ApplyChange =>
  (change, provider, cause) =>
    applyIdentityChange(change, provider, { ...ports, cause });

export const handler = createHandler(accessDeps());
