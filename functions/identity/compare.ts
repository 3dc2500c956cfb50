import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import type { ComparisonReport } from "../../shared/domain/directory-comparison.ts";
import { applyIdentityChange } from "../../shared/usecases/identity/apply-identity-change.ts";
import { type Budget, compareGrants, type GrantsRun } from "../../shared/usecases/identity/compare-grants.ts";
import { compareWithOkta } from "../../shared/usecases/identity/compare-with-okta.ts";
import { type ComparisonDeps, comparisonDeps } from "./deps.ts";

/** Kept from an invocation's time for what is under way, milliseconds. */
const RESERVE_MS = 10_000;

interface Compared {
  /** The directory with the provider's own API, where one is configured. */
  directory?: ComparisonReport;
  /** The grants with the directory. */
  grants?: GrantsRun;
}

/**
 * Compares each provider's groups' grants with the directory, and its people with its API, where that is configured. One that
 * fails does not keep the others from it; the run fails then.
 */
export const createHandler = (deps: ComparisonDeps) => {
  const metrics = new Metrics();
  return async (_event: unknown, context: Pick<Context, "getRemainingTimeInMillis">): Promise<Record<string, Compared>> => {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
    const reports: Record<string, Compared> = {};
    const failed: unknown[] = [];
    const providers = Object.entries(deps.platform.identity.providers);
    for (const [index, [provider, { api }]] of providers.entries()) {
      const report: Compared = {};
      reports[provider] = report;
      const cause = { actor: `comparison:${provider}`, correlationId: deps.newId(), causationId: provider };
      try {
        report.grants = await compareGrants(provider, budgetOf(context, providers.length - index), { ...deps, cause });
        const [token] = api === undefined ? [] : await deps.secrets(api.token);
        if (api !== undefined && token === undefined)
          deps.log.warn("A provider's API has no token yet: nothing is compared.", { provider });
        if (api === undefined || token === undefined) continue;
        report.directory = await compareWithOkta(provider, deps.openApi(api.url, token, signal), deps, (change, name) =>
          applyIdentityChange(change, name, { ...deps, cause }),
        );
      } catch (error) {
        deps.log.error("A comparison with an identity provider failed.", { provider, error });
        failed.push(error);
      }
    }
    const ages = Object.values(reports).map(({ grants }) => ageOf(grants, deps.clock.now()));
    if (ages.length > 0) metrics.addMetric("GrantsComparisonAgeSeconds", MetricUnit.Seconds, Math.max(...ages));
    const all = Object.values(reports).flatMap(({ directory, grants }) => [directory, grants].filter((report) => report !== undefined));
    for (const { added, removed, refused } of all) {
      metrics.addMetric("IdentityHealed", MetricUnit.Count, added + removed);
      metrics.addMetric("IdentityRemovalsRefused", MetricUnit.Count, refused);
    }
    if (all.length > 0) metrics.publishStoredMetrics();
    if (failed.length > 0) throw new AggregateError(failed, `The comparison failed with ${failed.length} of the providers.`);
    return reports;
  };
};

/** A share of what is left of the invocation's time: half of it to look, a quarter to repair, the rest for the provider's API. */
function budgetOf({ getRemainingTimeInMillis }: Pick<Context, "getRemainingTimeInMillis">, providers: number): Budget {
  const began = getRemainingTimeInMillis();
  const share = (began - RESERVE_MS) / providers;
  const used = (): number => began - getRemainingTimeInMillis();
  return { look: () => used() < share / 2, repair: () => used() < (share * 3) / 4 };
}

/** Since when a round is under way that is not at its end, seconds. */
const ageOf = (run: GrantsRun | undefined, now: Date): number =>
  run === undefined || run.complete ? 0 : (now.getTime() - Date.parse(run.startedAt)) / 1_000;

export const handler = createHandler(comparisonDeps());
