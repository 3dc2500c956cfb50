import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import type { Swept } from "../shared/usecases/sweep-due.ts";
import { log } from "./runtime.ts";

/** Kept from a sweep's time for the page that it is at, milliseconds. */
const RESERVE_MS = 10_000;

/** A scheduled sweep: runs until shortly before its time is up, and tells the age of the oldest due item (for the alarm). */
export function scheduled(
  sweep: (signal: AbortSignal) => Promise<Swept>,
  metric: string,
): (event: unknown, context: Context) => Promise<Swept> {
  const metrics = new Metrics();
  return async (_event, context) => {
    const swept = await sweep(AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS)));
    metrics.addMetric(metric, MetricUnit.Seconds, swept.oldestAgeSeconds);
    metrics.publishStoredMetrics();
    if (swept.due > 0) log.info("Swept.", { ...swept });
    return swept;
  };
}
