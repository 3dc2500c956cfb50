import { type GrantsStatus, isAsleep, type Tenant } from "../domain/tenant.ts";
import { absentObjects, blueprints, hasTier, objectKey, objectsWithoutTier, tenantObjects } from "../manifests/index.ts";
import { type AtCluster, outcomeOf } from "./at-cluster.ts";
import { decide, type Outcome, recordTells } from "./decide.ts";
import { beginPass, broughtOf, type GrantsToBring, grantsToBring, noGrants, shapeOfBindings } from "./grants.ts";
import { observe } from "./observe.ts";
import { type Performed, perform } from "./perform.ts";
import { recordStatus, unknownTier } from "./round.ts";
import { putAllToSleep, wakeAll } from "./sleepers.ts";
import { ASLEEP, WORKLOADS } from "./workloads.ts";

/** Brings an active tenant's namespace, and all that is in it, to what the record asks. */
export async function bringUp(at: AtCluster): Promise<Outcome> {
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
  const outcome = outcomeOf(plan.outcome, round.performed, work.record);
  if (plan.outcome.kind !== "done" || outcome.kind === "requeue" || outcome.kind === "waiting") return outcome;
  // What cuts access or puts to sleep does not wait for what failed beside it.
  if (!failedAtNamespace(round.performed)) {
    const brought = broughtOf(grants, pass, round.performed.applied);
    round.grants = brought;
    if (brought.more)
      return { kind: "requeue", afterMs: 0, reason: "GrantsApplying", message: "The bindings of all grants are brought up to date." };
    if (isAsleep(work.record)) await sleep(at);
  }
  if (outcome.kind === "failed") return outcome;
  await wakeUp(at);
  return tiered ? outcome : unknownTier(work.record);
}

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

/** An error at the Namespace: nothing else was tried. */
const failedAtNamespace = ({ errors }: Performed): boolean => Object.keys(errors).some((key) => key.startsWith("Namespace/"));

/** Puts workloads to sleep, unless that is done. What sleeps is recorded before it does. */
async function sleep({ work, api, run, ports }: AtCluster): Promise<void> {
  const { record, round } = work;
  if (recordTells(record, round.namespace) && record.status.applied[WORKLOADS] === ASLEEP) return;
  await putAllToSleep(work, api, ports.store, run.signal);
  round.performed.applied[WORKLOADS] = ASLEEP;
}

/** Wakes what was put to sleep, where the record asks that. */
async function wakeUp({ work, api, run, ports }: AtCluster): Promise<void> {
  if (isAsleep(work.record)) return;
  if (work.record.status.sleepers !== undefined) await wakeAll(work, api, ports.store, run.signal);
  work.round.performed.awake = true;
}
