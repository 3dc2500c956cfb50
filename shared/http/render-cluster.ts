import type { Cluster } from "../domain/cluster.ts";
import type { DriftCheck, DriftResult } from "../domain/drift-check.ts";

/** A registered cluster as the API shows it, with its drift checks. Nothing of it is secret. */
export function renderCluster(cluster: Cluster, check: DriftCheck) {
  const {
    name,
    endpoint,
    certificateAuthority,
    region,
    eksClusterName,
    roleArn,
    labels,
    capacity,
    state,
    paused = false,
    capabilities,
    access,
    createdAt,
    updatedAt,
  } = cluster;
  return {
    name,
    state,
    paused,
    region,
    eksClusterName,
    endpoint,
    certificateAuthority,
    roleArn,
    labels,
    capacity,
    capabilities,
    ...(access !== undefined && { access }),
    check: renderCheck(check),
    ...(check.last !== undefined && { lastCheck: renderResult(check.last) }),
    createdAt,
    updatedAt,
  };
}

/** The check under way, or the next. */
const renderCheck = ({ dueAt, requestedAt, run }: DriftCheck) => ({
  state: run === undefined ? "Waiting" : "Running",
  ...(run === undefined ? { dueAt } : { startedAt: run.startedAt }),
  ...(requestedAt !== undefined && { requestedAt }),
  ...(run?.reason !== undefined && { reason: run.reason }),
});

const renderResult = ({ startedAt, finishedAt, outcome, reason, counts, failures }: DriftResult) => ({
  startedAt,
  finishedAt,
  outcome,
  ...(reason !== undefined && { reason }),
  tenants: counts.judged,
  findings: counts.drifted,
  underWay: counts.underWay,
  orphans: counts.orphans,
  removed: counts.removed,
  failed: counts.failed,
  failures,
});
