import * as z from "zod";
import { runOf, workQueue } from "../../shared/queues/batch.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { reconcileTenant } from "../../shared/usecases/reconcile-tenant.ts";
import { reconcileDeps } from "./deps.ts";

const message = z.object({ tenantId: z.string(), dueAt: z.string(), handBacks: z.int().min(0).optional() });

/** Reconciles the tenants that the messages name. A lease taken or a due time moved ends a message: due stands. */
export const createHandler = (ports: ReconcilePorts) =>
  workQueue(
    message,
    async (wish, context) => {
      const { requestTimeoutMs } = ports.platform.cluster;
      const run = runOf(context, { now: ports.clock.now(), requestTimeoutMs, owner: ports.newId() });
      await reconcileTenant(wish, { ...run, handBacks: wish.handBacks }, ports);
    },
    ports.log,
  );

export const handler = createHandler(reconcileDeps());
