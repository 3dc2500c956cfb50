import type { Cluster } from "../domain/cluster.ts";
import { isAsleep, namespaceOf, type Status, type Tenant } from "../domain/tenant.ts";
import { absentObjects, LABEL_TENANT, objectKey, tenantObjects } from "../manifests/index.ts";
import { type ClusterApi, ClusterError, unlessMoved } from "../ports.ts";
import { decide, type Outcome, type Plan, recordTells } from "./decide.ts";
import { forgetGrants, mappingsRemain } from "./forget-grants.ts";
import { beginPass, type GrantsToBring, grantsToBring, shapeOfBindings } from "./grants.ts";
import { observe } from "./observe.ts";
import { perform } from "./perform.ts";
import type { ReconcilePorts } from "./ports.ts";
import type { Run } from "./run.ts";
import { namespaceLost, type Round } from "./settle.ts";
import { ASLEEP, capture, listWorkloads, putToSleep, WORKLOADS, wake } from "./workloads.ts";

/** How long a namespace holds its slot among those that a cluster deletes at once, milliseconds. */
const DELETION_MS = 30 * 60_000;
/** Longest pause before another try for such a slot, milliseconds. */
const PACED_MS = 8_000;

interface Work {
  /** The record with the progress so far. */
  tenant: Tenant;
  cluster: Cluster;
  api: ClusterApi;
  run: Run;
  ports: ReconcilePorts;
}

/** Observe, decide, apply. `moved` where the record did; nothing is thrown but what is nobody's fault outside. */
export async function converge(
  record: Tenant,
  status: Status,
  cluster: Cluster,
  run: Run,
  ports: ReconcilePorts,
): Promise<{ record: Tenant; round: Round } | "moved"> {
  const begun = await beginGrants(record, status, cluster, ports);
  if (begun === "moved") return "moved";
  const tenant = { ...begun.record, status: begun.status };
  let current = begun.record;
  const active = tenant.desired.state === "Active";
  const grants = await grantsOf(tenant, cluster, ports);
  const objects = active ? [...tenantObjects(tenant, ports.platform, cluster, ports.installation), ...grants.objects] : [];
  const wanted = { objects, absent: active ? [...absentObjects(tenant), ...grants.absent] : [] };
  const round: Round = {
    cluster,
    namespace: "unread",
    wanted: objects.map((object) => ({ key: objectKey(object), kind: object.kind ?? "" })),
    performed: { applied: {}, versions: {}, errors: {} },
    outcome: { kind: "done" },
  };
  try {
    const work: Work = { tenant, cluster, run, ports, api: ports.clusters.connect(cluster) };
    round.namespace = await observe(tenant, work.api, ports.installation, run.signal);
    const plan = decide(tenant, round.namespace, wanted);
    const paced = active ? undefined : await pace(plan, work, round);
    if (paced !== undefined) return { record: current, round: { ...round, outcome: paced } };
    // With the slot that this round took: what is not recorded is never given back.
    round.performed = { ...round.performed, ...(await perform(plan, work.api, run.signal)) };
    round.outcome = outcomeOf(plan.outcome, round.performed);
    if (round.outcome.kind !== "done") return { record: current, round };
    if (active) {
      round.performed.grants = grants.status;
      if (grants.status !== undefined && "pass" in grants.status) {
        round.outcome = {
          kind: "requeue",
          afterMs: 0,
          reason: "GrantsApplying",
          message: "The bindings of all grants are brought up to date.",
        };
        return { record: current, round };
      }
      const slept = await sleepOrWake(current, work, round);
      if (slept === "moved") return "moved";
      current = slept;
    } else {
      const forgotten = await forgetGrants(current, ports.store, ports.clock.now().toISOString());
      if (forgotten === "moved") return "moved";
      round.mappings = forgotten.mapped.length;
      const waits = mappingsRemain(forgotten.mapped, cluster.name);
      if (waits !== undefined) return { record: current, round: { ...round, outcome: waits } };
      await prove(work, round);
    }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    round.outcome = failed(error.reason, `Cluster "${cluster.name}": ${error.message}`);
  }
  return { record: current, round };
}

/** Records that a pass over all grants begins, where one does: what stood before it, no longer counts. */
async function beginGrants(
  record: Tenant,
  status: Status,
  cluster: Cluster,
  { platform, store }: ReconcilePorts,
): Promise<{ record: Tenant; status: Status } | "moved"> {
  if (record.hasGrants !== true || record.desired.state !== "Active") return { record, status };
  const grants = beginPass(status.grants, shapeOfBindings(record, platform, cluster));
  if (grants === status.grants) return { record, status };
  // Where nothing is known of the bindings, nothing has to be taken back.
  if (status.grants === undefined && record.status.grants === undefined) return { record, status: { ...status, grants } };
  const after = { ...record, status: { ...record.status, grants } };
  return (await unlessMoved(store.write({ before: record, after, lease: "hold" })))
    ? { record: after, status: { ...status, grants } }
    : "moved";
}

async function grantsOf(tenant: Tenant, cluster: Cluster, { platform, store }: ReconcilePorts): Promise<GrantsToBring> {
  const { status, hasGrants, desired } = tenant;
  if (hasGrants !== true || desired.state !== "Active" || status.grants === undefined)
    return { objects: [], absent: [], status: status.grants };
  return grantsToBring(tenant, status.grants, cluster, platform, store);
}

function outcomeOf(planned: Outcome, performed: Round["performed"]): Outcome {
  if (namespaceLost(performed)) {
    return {
      kind: "requeue",
      afterMs: 0,
      reason: "NamespaceLost",
      message: "The namespace was removed by someone else; it is made again.",
    };
  }
  const [first, ...more] = Object.entries(performed.errors);
  if (first === undefined) return planned;
  const [key, error] = first;
  return failed(error.reason, `${key}: ${error.message}${more.length > 0 ? ` (and ${more.length} more)` : ""}`);
}

const failed = (reason: string, message: string): Outcome => ({ kind: "failed", reason, message, blocked: false });

/** Puts workloads to sleep, or wakes them, where that is not as the record asks. What sleeps is recorded before it does. */
async function sleepOrWake(record: Tenant, { tenant, api, run, ports }: Work, round: Round): Promise<Tenant | "moved"> {
  const { status } = tenant;
  const namespace = namespaceOf(tenant.tenantId);
  if (isAsleep(tenant)) {
    if (recordTells(tenant, round.namespace) && status.applied[WORKLOADS] === ASLEEP) return record;
    const seen = await listWorkloads(api, namespace, run.signal);
    const workloads = capture(status.workloads, seen);
    const after = { ...record, status: { ...record.status, workloads } };
    if (!(await unlessMoved(ports.store.write({ before: record, after, lease: "hold" })))) return "moved";
    round.performed.workloads = workloads;
    await putToSleep(api, namespace, seen, run.signal);
    round.performed.applied[WORKLOADS] = ASLEEP;
    return after;
  }
  if (status.workloads === undefined) return record;
  await wake(api, namespace, status.workloads, run.signal);
  round.performed.workloads = "awake";
  return record;
}

/** Deletes no more namespaces of a cluster at once than its budget: a storm of them starves every other controller. */
async function pace(plan: Plan, { tenant, cluster, ports }: Work, round: Round): Promise<Outcome | undefined> {
  if (plan.waves.length === 0 || tenant.status.deletionSlot !== undefined) return undefined;
  const now = ports.clock.now();
  const until = new Date(now.getTime() + DELETION_MS).toISOString();
  const slot = await ports.slots.acquire(deletions(cluster, ports), tenant.tenantId, until, now.toISOString());
  round.performed.deletionSlot = slot;
  if (slot !== undefined) return undefined;
  const message = `Cluster "${cluster.name}" is deleting ${ports.platform.cluster.deletions} namespaces; this one waits.`;
  return { kind: "requeue", afterMs: PACED_MS * (0.5 + 0.5 * ports.random()), reason: "DeletionPaced", message };
}

const deletions = (cluster: Cluster, { platform }: ReconcilePorts) => ({
  name: `${cluster.name}/deletions`,
  size: platform.cluster.deletions,
});

/** The namespace is 404: looks for what a tenant may have left outside it, and gives the slot back. */
async function prove({ tenant, cluster, api, run, ports }: Work, round: Round): Promise<void> {
  const { deletionSlot } = tenant.status;
  if (deletionSlot !== undefined) await ports.slots.release(deletions(cluster, ports), deletionSlot, tenant.tenantId);
  round.leftovers = await api.findClusterScoped(`${LABEL_TENANT}=${tenant.tenantId}`, run.signal);
  const { found } = round.leftovers;
  if (found.length === 0) return;
  const names = found.slice(0, 5).map(({ kind, name }) => `${kind}/${name}`);
  round.outcome = failed(
    "LeftoversRemain",
    `Outside the namespace ${found.length} objects carry the tenant's label; remove them: ${names.join(", ")}.`,
  );
}
