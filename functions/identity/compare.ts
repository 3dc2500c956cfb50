import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import type { ComparisonReport } from "../../shared/domain/directory-comparison.ts";
import { applyIdentityChange } from "../../shared/usecases/identity/apply-identity-change.ts";
import { compareWithOkta } from "../../shared/usecases/identity/compare-with-okta.ts";
import { type ComparisonDeps, comparisonDeps } from "./deps.ts";

/** Kept from an invocation's time for what is under way, milliseconds. */
const RESERVE_MS = 10_000;

/** Compares the directory with each provider whose API is configured. One that fails does not keep the others from it; the run fails then. */
export const createHandler = (deps: ComparisonDeps) => {
  const metrics = new Metrics();
  return async (_event: unknown, context: Pick<Context, "getRemainingTimeInMillis">): Promise<Record<string, ComparisonReport>> => {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
    const reports: Record<string, ComparisonReport> = {};
    const failed: unknown[] = [];
    for (const [provider, { api }] of Object.entries(deps.platform.identity.providers)) {
      if (api === undefined) continue;
      try {
        const [token] = await deps.secrets(api.token);
        if (token === undefined) deps.log.warn("A provider's API has no token yet: nothing is compared.", { provider });
        else
          reports[provider] = await compareWithOkta(provider, deps.openApi(api.url, token, signal), deps, (change, name) =>
            applyIdentityChange(change, name, deps),
          );
      } catch (error) {
        deps.log.error("A comparison with an identity provider failed.", { provider, error });
        failed.push(error);
      }
    }
    for (const { added, removed, refused } of Object.values(reports)) {
      metrics.addMetric("IdentityHealed", MetricUnit.Count, added + removed);
      metrics.addMetric("IdentityRemovalsRefused", MetricUnit.Count, refused);
    }
    if (Object.keys(reports).length > 0) metrics.publishStoredMetrics();
    if (failed.length > 0) throw new AggregateError(failed, `The comparison failed with ${failed.length} of the providers.`);
    return reports;
  };
};

export const handler = createHandler(comparisonDeps());
