import type { Cluster } from "../domain/cluster.ts";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import { LABEL_TENANT } from "../manifests/index.ts";
import { type AtCluster, failed, outcomeOf } from "./at-cluster.ts";
import { decide, type Outcome, type Plan, unmarked } from "./decide.ts";
import { forgetGrants, mappingsRemain } from "./forget-grants.ts";
import { type NamespaceSeen, observe, type SeenNamespace } from "./observe.ts";
import { perform } from "./perform.ts";
import type { ReconcilePorts } from "./ports.ts";
import type { Work } from "./round.ts";
import { forgetSleepers } from "./sleepers.ts";

/** How long a namespace holds its slot among those that a cluster deletes at once, milliseconds. */
const DELETION_MS = 30 * 60_000;
/** Longest pause before another try for such a slot, milliseconds. */
const PACED_MS = 8_000;

/** Takes a tenant's access and namespace away, and looks for what is left. */
export async function takeDown(at: AtCluster): Promise<Outcome> {
  const { work, cluster, api, run, ports } = at;
  const { round } = work;
  round.namespace = await observe(work.record, api, ports.installation, run.signal);
  const plan = decide(work.record, round.namespace, { objects: [], absent: [] });
  const paced = await pace(plan, at);
  if (paced !== undefined) return paced;
  await perform(plan, api, run.signal, round.performed);
  const outcome = outcomeOf(plan.outcome, round.performed, work.record);
  // Admission keeps us to namespaces with our label: what it denied is told together with the mark that is missing.
  if (outcome.kind === "failed" && plan.outcome.kind !== "failed" && isUnmarked(round.namespace))
    return unmarked(namespaceOf(work.record.tenantId), round.namespace, `${outcome.message} `);
  if (outcome.kind !== "done") return outcome;
  await giveBackSlot(at);
  const mapped = await forgetGrants(work.record, ports.store, ports.clock.now().toISOString());
  if (work.record.status.sleepers !== undefined) await forgetSleepers(work, ports.store);
  round.mappings = mapped.length;
  return mappingsRemain(mapped, cluster.name) ?? (await prove(at));
}

const isUnmarked = (namespace: NamespaceSeen): namespace is SeenNamespace => typeof namespace === "object" && namespace.doubt !== undefined;

/**
 * Deletes no more namespaces of a cluster at once than its budget: a storm of them starves every other controller. It asks for a slot also
 * where nothing is to be deleted any more: an invocation that died may have taken one, and its owner gets that again.
 */
async function pace(plan: Plan, { work: { record, round }, cluster, ports }: AtCluster): Promise<Outcome | undefined> {
  if (record.status.deletionSlot !== undefined) return undefined;
  const now = ports.clock.now();
  const until = new Date(now.getTime() + DELETION_MS).toISOString();
  const slot = await ports.slots.acquire(deletions(cluster, ports), record.tenantId, until, now.toISOString());
  round.performed.deletionSlot = slot;
  if (slot !== undefined || plan.waves.length === 0) return undefined;
  const message = `Cluster "${cluster.name}" is deleting ${ports.platform.cluster.deletions} namespaces; this one waits.`;
  return { kind: "requeue", afterMs: PACED_MS * (0.5 + 0.5 * ports.random()), reason: "DeletionPaced", message };
}

const deletions = (cluster: Cluster, { platform }: ReconcilePorts) => ({
  name: `${cluster.name}/deletions`,
  size: platform.cluster.deletions,
});

/** The namespace is 404: its slot is free. */
async function giveBackSlot({ work: { record, round }, cluster, ports }: AtCluster): Promise<void> {
  const slot = record.status.deletionSlot ?? round.performed.deletionSlot;
  if (slot !== undefined) await ports.slots.release(deletions(cluster, ports), slot, record.tenantId);
}

/** A late process has taken a slot that its tenant's record will not know of: nobody else would give it back. */
export async function giveBackUnrecorded({ record, round }: Work, fresh: Tenant | undefined, ports: ReconcilePorts): Promise<void> {
  const { cluster, performed } = round;
  const slot = performed.deletionSlot;
  if (cluster === undefined || slot === undefined || fresh?.status.deletionSlot === slot) return;
  await ports.slots.release(deletions(cluster, ports), slot, record.tenantId);
}

/** Looks for what a tenant may have left outside its namespace. */
async function prove({ work: { record, round }, api, run }: AtCluster): Promise<Outcome> {
  round.leftovers = await api.findClusterScoped(`${LABEL_TENANT}=${record.tenantId}`, run.signal);
  const { found } = round.leftovers;
  if (found.length === 0) return { kind: "done" };
  const names = found.slice(0, 5).map(({ kind, name }) => `${kind}/${name}`);
  return failed(
    "LeftoversRemain",
    `Outside the namespace ${found.length} objects carry the tenant's label; remove them: ${names.join(", ")}.`,
  );
}
