import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { type DriftEnqueued, enqueueDriftChecks, type EnqueuePorts } from "../../shared/usecases/enqueue-drift-checks.ts";
import { driftScheduleDeps } from "./deps.ts";

/** Every minute: enqueues the checks that are due, and tells how long a cluster has not been compared (for the alarm). */
export const createHandler = (deps: EnqueuePorts) => {
  const metrics = new Metrics();
  return async (): Promise<DriftEnqueued> => {
    const enqueued = await enqueueDriftChecks(deps);
    metrics.addMetric("OldestDriftCheckAgeSeconds", MetricUnit.Seconds, enqueued.oldestAgeSeconds);
    metrics.publishStoredMetrics();
    return enqueued;
  };
};

export const handler = createHandler(driftScheduleDeps());
