import { clip } from "../domain/clip.ts";
import type { Cluster } from "../domain/cluster.ts";
import type { Condition, ConditionType, Tenant, Timestamp } from "../domain/tenant.ts";
import { conditionOf } from "../manifests/index.ts";
import type { ClusterError } from "../ports.ts";

/** What a round knows, for its conditions. */
export interface Facts {
  cluster: Cluster | undefined;
  /** Why the tenant has no cluster. */
  unplaced?: { reason: string; message: string } | undefined;
  /** Objects wanted, each with the condition that speaks of it. */
  wanted: { key: string; condition: ConditionType }[];
  /** Keys of the objects that stand as wanted. */
  standing: ReadonlySet<string>;
  errors: Record<string, ClusterError>;
  ready: { status: boolean; reason: string; message: string };
  /** Nothing was looked at: what was known stands. */
  unseen?: boolean | undefined;
}

type Finding = Pick<Condition, "type" | "status" | "reason" | "message">;

const objectConditions: ConditionType[] = ["Isolated", "QuotaApplied", "AccessApplied", "Monitored"];

/** The conditions of a tenant, keeping the time of those that did not turn. */
export function conditionsOf(tenant: Tenant, facts: Facts, now: Timestamp): Condition[] {
  return [placed(tenant, facts), ...objectConditions.map((type) => objects(type, facts, tenant)), ready(facts)].map((finding) => {
    const before = tenant.status.conditions.find(({ type }) => type === finding.type);
    if (facts.unseen === true && before !== undefined && finding.type !== "Ready") return before;
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : now;
    const { type, status, reason, message } = finding;
    return { type, status, reason: clip(reason), message: clip(message), lastTransitionTime, observedGeneration: tenant.generation };
  });
}

function placed(tenant: Tenant, { cluster, unplaced }: Facts): Finding {
  if (cluster !== undefined) return { type: "Placed", status: "True", reason: "Placed", message: `On cluster "${cluster.name}".` };
  const { reason, message } = unplaced ?? { reason: "ClusterGone", message: `Cluster "${tenant.cluster}" is not in the registry.` };
  return { type: "Placed", status: "False", reason, message };
}

function objects(type: ConditionType, facts: Facts, { status }: Tenant): Finding {
  const { cluster } = facts;
  const wanted = facts.wanted.filter(({ condition }) => condition === type);
  const [failed] = wanted.flatMap(({ key }) => (facts.errors[key] === undefined ? [] : [{ key, error: facts.errors[key] }]));
  if (failed !== undefined)
    return { type, status: "False", reason: failed.error.reason, message: `${failed.key}: ${failed.error.message}` };
  if (type === "Monitored" && cluster !== undefined && !cluster.capabilities.serviceMonitor) {
    return {
      type,
      status: "False",
      reason: "NotServed",
      message: `Cluster "${cluster.name}" does not serve ServiceMonitor (monitoring.coreos.com/v1).`,
    };
  }
  const missing = wanted.filter(({ key }) => !facts.standing.has(key)).map(({ key }) => key);
  if (wanted.length === 0) return { type, status: "Unknown", reason: "NotApplied", message: "Nothing is applied." };
  if (missing.length > 0) return { type, status: "Unknown", reason: "NotApplied", message: `Not applied yet: ${missing.join(", ")}.` };
  const foreign = (status.foreign ?? []).map(({ object }) => object).filter((key) => conditionOf(key.split("/")[0] ?? "") === type);
  if (foreign.length > 0)
    return { type, status: "False", reason: "ForeignObjects", message: `Not ours, and may let more through: ${foreign.join(", ")}.` };
  if (type === "Isolated" && cluster?.capabilities.networkPolicy !== true) {
    return {
      type,
      status: "False",
      reason: "EnforcementUnproven",
      message: `NetworkPolicy is applied, but it is unproven that cluster "${cluster?.name}" enforces it.`,
    };
  }
  return { type, status: "True", reason: "Applied", message: `${wanted.map(({ key }) => key).join(", ")}.` };
}

const ready = ({ ready: { status, reason, message } }: Facts): Finding => ({
  type: "Ready",
  status: status ? "True" : "False",
  reason,
  message,
});
