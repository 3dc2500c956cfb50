import type { Cluster } from "../domain/cluster.ts";
import { type GrantsStatus, isAsleep, namespaceOf, type Tenant } from "../domain/tenant.ts";
import { absentObjects, blueprints, hasTier, LABEL_TENANT, objectsWithoutTier, objectKey, tenantObjects } from "../manifests/index.ts";
import { type ClusterApi, ClusterError } from "../ports.ts";
import { decide, type Outcome, type Plan, recordTells, unmarked } from "./decide.ts";
import { forgetGrants, mappingsRemain } from "./forget-grants.ts";
import { beginPass, type GrantsToBring, grantsToBring, noGrants, shapeOfBindings } from "./grants.ts";
import { type NamespaceSeen, observe, type SeenNamespace } from "./observe.ts";
import { type Performed, perform } from "./perform.ts";
import type { ReconcilePorts } from "./ports.ts";
import { recordStatus, unknownTier, type Work } from "./round.ts";
import type { Run } from "./run.ts";
import { namespaceLost } from "./settle.ts";
import { ASLEEP, capture, listWorkloads, putToSleep, WORKLOADS, wake } from "./workloads.ts";

/** How long a namespace holds its slot among those that a cluster deletes at once, milliseconds. */
const DELETION_MS = 30 * 60_000;
/** Longest pause before another try for such a slot, milliseconds. */
const PACED_MS = 8_000;

/** A round at work in its cluster. */
interface AtCluster {
  work: Work;
  cluster: Cluster;
  api: ClusterApi;
  run: Run;
  ports: ReconcilePorts;
}

/** Observe, decide, apply: what the round did is in `work` when it ends, also where it throws. Throws `WriteConflict`. */
export async function converge(work: Work, cluster: Cluster, run: Run, ports: ReconcilePorts): Promise<Outcome> {
  try {
    const at: AtCluster = { work, cluster, run, ports, api: ports.clusters.connect(cluster) };
    return work.record.desired.state === "Active" ? await bringUp(at) : await takeDown(at);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return failed(error.reason, `Cluster "${cluster.name}": ${error.message}`);
  }
}

async function bringUp(at: AtCluster): Promise<Outcome> {
  const { work, cluster, api, run, ports } = at;
  const { round } = work;
  const pass = await beginGrants(at);
  const grants = await grantsOf(work.record, pass, at);
  const tiered = hasTier(work.record, ports.platform);
  const make = tiered ? tenantObjects : objectsWithoutTier;
  const objects = [...make(work.record, ports.platform, cluster, ports.installation), ...grants.objects];
  round.wanted = [
    ...blueprints(work.record, ports.platform, cluster, ports.installation).map(({ key, kind }) => ({ key, kind })),
    ...grants.objects.map((object) => ({ key: objectKey(object), kind: object.kind ?? "" })),
  ];
  round.namespace = await observe(work.record, api, ports.installation, run.signal);
  if (!tiered && round.namespace === "absent") return unknownTier(work.record);
  const plan = decide(work.record, round.namespace, { objects, absent: [...absentObjects(work.record), ...grants.absent] });
  await perform(plan, api, run.signal, round.performed);
  const outcome = outcomeOf(plan.outcome, round.performed);
  if (plan.outcome.kind !== "done" || outcome.kind === "requeue") return outcome;
  // What cuts access or puts to sleep does not wait for what failed beside it.
  if (!failedAtNamespace(round.performed)) {
    if (areBrought(grants, round.performed)) round.grants = grants;
    if (round.grants !== undefined && (grants.left.length > 0 || (grants.status !== undefined && "pass" in grants.status)))
      return { kind: "requeue", afterMs: 0, reason: "GrantsApplying", message: "The bindings of all grants are brought up to date." };
    if (isAsleep(work.record)) await sleep(at);
  }
  if (outcome.kind === "failed") return outcome;
  await wakeUp(at);
  return tiered ? outcome : unknownTier(work.record);
}

async function takeDown(at: AtCluster): Promise<Outcome> {
  const { work, cluster, api, run, ports } = at;
  const { round } = work;
  round.namespace = await observe(work.record, api, ports.installation, run.signal);
  const plan = decide(work.record, round.namespace, { objects: [], absent: [] });
  const paced = await pace(plan, at);
  if (paced !== undefined) return paced;
  await perform(plan, api, run.signal, round.performed);
  const outcome = outcomeOf(plan.outcome, round.performed);
  // Admission keeps us to namespaces with our label: what it denied is told together with the mark that is missing.
  if (outcome.kind === "failed" && plan.outcome.kind !== "failed" && isUnmarked(round.namespace))
    return unmarked(namespaceOf(work.record.tenantId), round.namespace, `${outcome.message} `);
  if (outcome.kind !== "done") return outcome;
  const mapped = await forgetGrants(work.record, ports.store, ports.clock.now().toISOString());
  round.mappings = mapped.length;
  return mappingsRemain(mapped, cluster.name) ?? (await prove(at));
}

const isUnmarked = (namespace: NamespaceSeen): namespace is SeenNamespace => typeof namespace === "object" && namespace.doubt !== undefined;

/** Records that a pass over all grants begins, where one does: what stood before it, no longer counts. */
async function beginGrants({ work, cluster, ports: { platform, store } }: AtCluster): Promise<GrantsStatus | undefined> {
  const { record, round } = work;
  const { grants: before } = record.status;
  if (record.hasGrants !== true) return before;
  const grants = beginPass(before, shapeOfBindings(record, platform, cluster));
  if (grants === before) return before;
  // Where nothing is known of the bindings, nothing has to be taken back.
  if (before !== undefined) await recordStatus(work, { grants }, store);
  round.performed.grants = grants;
  return grants;
}

async function grantsOf(
  record: Tenant,
  status: GrantsStatus | undefined,
  { cluster, ports: { platform, store } }: AtCluster,
): Promise<GrantsToBring> {
  if (record.hasGrants !== true || status === undefined) return noGrants(status);
  return grantsToBring(record, status, cluster, platform, store);
}

function outcomeOf(planned: Outcome, performed: Performed): Outcome {
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

const areBrought = ({ objects, absent }: GrantsToBring, { applied }: Performed): boolean =>
  [...objects.map(objectKey), ...absent.map(({ kind, name }) => `${kind}/${name}`)].every((key) => applied[key] !== undefined);

/** An error at the Namespace: nothing else was tried. */
const failedAtNamespace = ({ errors }: Performed): boolean => Object.keys(errors).some((key) => key.startsWith("Namespace/"));

const failed = (reason: string, message: string): Outcome => ({ kind: "failed", reason, message, blocked: false });

/** Puts workloads to sleep, unless that is done. What sleeps is recorded before it does. */
async function sleep({ work, api, run, ports }: AtCluster): Promise<void> {
  const { record, round } = work;
  const { status } = record;
  const namespace = namespaceOf(record.tenantId);
  if (recordTells(record, round.namespace) && status.applied[WORKLOADS] === ASLEEP) return;
  const seen = await listWorkloads(api, namespace, run.signal);
  await recordStatus(work, { workloads: capture(status.workloads, seen) }, ports.store);
  await putToSleep(api, namespace, seen, run.signal);
  round.performed.applied[WORKLOADS] = ASLEEP;
}

/** Wakes what was put to sleep, where the record asks that. */
async function wakeUp({ work: { record, round }, api, run }: AtCluster): Promise<void> {
  const { workloads } = record.status;
  if (isAsleep(record) || workloads === undefined) return;
  await wake(api, namespaceOf(record.tenantId), workloads, run.signal);
  round.performed.workloads = "awake";
}

/** Deletes no more namespaces of a cluster at once than its budget: a storm of them starves every other controller. */
async function pace(plan: Plan, { work: { record, round }, cluster, ports }: AtCluster): Promise<Outcome | undefined> {
  if (plan.waves.length === 0 || record.status.deletionSlot !== undefined) return undefined;
  const now = ports.clock.now();
  const until = new Date(now.getTime() + DELETION_MS).toISOString();
  const slot = await ports.slots.acquire(deletions(cluster, ports), record.tenantId, until, now.toISOString());
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
async function prove({ work: { record, round }, cluster, api, run, ports }: AtCluster): Promise<Outcome> {
  const { deletionSlot } = record.status;
  if (deletionSlot !== undefined) await ports.slots.release(deletions(cluster, ports), deletionSlot, record.tenantId);
  round.leftovers = await api.findClusterScoped(`${LABEL_TENANT}=${record.tenantId}`, run.signal);
  const { found } = round.leftovers;
  if (found.length === 0) return { kind: "done" };
  const names = found.slice(0, 5).map(({ kind, name }) => `${kind}/${name}`);
  return failed(
    "LeftoversRemain",
    `Outside the namespace ${found.length} objects carry the tenant's label; remove them: ${names.join(", ")}.`,
  );
}
