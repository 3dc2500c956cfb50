import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod";
import { runOf, workQueue } from "../../shared/queues/batch.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { reconcileTenant } from "../../shared/usecases/reconcile-tenant.ts";
import { reconcileDeps } from "./deps.ts";

const message = z.object({ tenantId: z.string(), dueAt: z.string(), handBacks: z.int().min(0).optional() });

/**
 * Reconciles the tenants that the messages name, and counts those that failed (for the alarm). A lease taken or a due time moved ends a
 * message: due stands.
 */
export const createHandler = (ports: ReconcilePorts) => {
  const metrics = new Metrics();
  return workQueue(
    message,
    async (wish, context) => {
      const { requestTimeoutMs } = ports.platform.cluster;
      const run = runOf(context, { now: ports.clock.now(), requestTimeoutMs, owner: ports.newId() });
      const tenant = await reconcileTenant(wish, { ...run, handBacks: wish.handBacks }, ports);
      if (tenant?.status.failure === undefined) return;
      metrics.addMetric("FailedReconciles", MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
    },
    ports.log,
  );
};

export const handler = createHandler(reconcileDeps());
