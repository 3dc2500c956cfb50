import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { eachRecord, runOf } from "../../shared/queues/batch.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { reconcileTenant } from "../../shared/usecases/reconcile-tenant.ts";
import { reconcileDeps } from "./deps.ts";

const message = z.object({ tenantId: z.string(), dueAt: z.string() });

/** Reconciles the tenants that the messages name. A lease taken or a due time moved ends a message: due stands. */
export const createHandler =
  (ports: ReconcilePorts) =>
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord(
      event,
      context,
      async (record) => {
        const wish = message.parse(JSON.parse(record.body));
        const run = runOf(context, {
          now: ports.clock.now(),
          requestTimeoutMs: ports.platform.cluster.requestTimeoutMs,
          owner: ports.newId(),
        });
        await reconcileTenant(wish, run, ports);
      },
      ports.log,
    );

export const handler = createHandler(reconcileDeps());
