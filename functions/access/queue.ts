import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { eachRecord } from "../../shared/queues/batch.ts";
import { type AccessPorts, DONE } from "../../shared/usecases/identity/ports.ts";
import { type AccessWork, workAccess } from "../../shared/usecases/identity/work-access.ts";
import { accessDeps } from "./deps.ts";

const message = z.object({ pk: z.string(), sk: z.string(), dueAt: z.string() });

/** Kept from an invocation's time for the page that it is at, milliseconds. */
const RESERVE_MS = 15_000;

/** Does the access work that the messages name: grants that end, groups, users, webhooks' messages. One that is not due is void. */
export const createHandler =
  (ports: AccessPorts, workWebhook: AccessWork) =>
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord(
      event,
      context,
      async (record) => {
        const timeLeft = (): boolean => context.getRemainingTimeInMillis() > RESERVE_MS;
        await workAccess(message.parse(JSON.parse(record.body)), timeLeft, ports, workWebhook);
      },
      ports.log,
    );

export const handler = createHandler(accessDeps(), async () => DONE);
