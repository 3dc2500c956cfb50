import * as z from "zod";
import { workQueue } from "../../shared/queues/batch.ts";
import { applyIdentityChange } from "../../shared/usecases/identity/apply-identity-change.ts";
import type { AccessPorts } from "../../shared/usecases/identity/ports.ts";
import { type AccessWork, workAccess } from "../../shared/usecases/identity/work-access.ts";
import { workWebhook, type WorkWebhookPorts } from "../../shared/usecases/webhooks/work-webhook.ts";
import { accessDeps } from "./deps.ts";

const message = z.object({ pk: z.string(), sk: z.string(), dueAt: z.string() });

/** Kept from an invocation's time for the page that it is at, milliseconds. */
const RESERVE_MS = 15_000;

/** Does the access work that the messages name: grants that end, groups, users, webhooks' messages. One that is not due is void. */
export const createHandler = (ports: AccessPorts & WorkWebhookPorts) =>
  workQueue(
    message,
    async (item, context) => {
      const timeLeft = (): boolean => context.getRemainingTimeInMillis() > RESERVE_MS;
      await workAccess(item, timeLeft, ports, webhookWork(ports));
    },
    ports.log,
  );

const webhookWork =
  (ports: AccessPorts & WorkWebhookPorts): AccessWork =>
  (item, timeLeft) =>
    workWebhook(item, timeLeft, ports, (change, provider, cause) => applyIdentityChange(change, provider, { ...ports, cause }));

export const handler = createHandler(accessDeps());
