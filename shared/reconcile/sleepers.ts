import { namespaceOf, type SleepingWorkload } from "../domain/tenant.ts";
import { type ClusterApi, ClusterError, SLEEPERS_AT_ONCE, type SleeperWrite, type TenantStore } from "../ports.ts";
import { recordStatus, type Work } from "./round.ts";
import { pagesOfWorkloads, putToSleep, wake } from "./workloads.ts";

/**
 * Puts every workload to sleep, page by page: each is kept before it is put to sleep. One that is kept already stays as it
 * was kept, so that whoever begins again, or meets a workload that woke meanwhile, loses no count. Begun again after a
 * crash, it passes over what sleeps. Throws `ClusterError`, `WriteConflict`.
 */
export async function putAllToSleep(work: Work, api: ClusterApi, store: TenantStore, signal: AbortSignal): Promise<void> {
  const { tenantId } = work.record;
  const refusals = new Refusals();
  for await (const { kind, seen } of pagesOfWorkloads(api, namespaceOf(tenantId), signal)) {
    const awake = seen.filter((workload) => workload.awake);
    if (awake.length === 0) continue;
    const kept = await store.getSleepers(tenantId, kind, rangeOf(awake));
    const fresh = awake.filter(({ name, uid }) => kept.get(name)?.uid !== uid);
    await write(
      work,
      fresh.map(({ awake: _awake, ...after }) => ({ before: kept.get(after.name), after })),
      store,
    );
    await refusals.passOver(putToSleep(api, namespaceOf(tenantId), awake, signal));
  }
  refusals.throwFirst();
}

/**
 * Wakes exactly what was put to sleep: the same object (by uid) that still sleeps. What the tenant removed stays away,
 * what was added or woken meanwhile stays as it is. What is awake is no longer kept, so whoever begins again goes on from
 * there. Throws `ClusterError`, `WriteConflict`.
 */
export async function wakeAll(work: Work, api: ClusterApi, store: TenantStore, signal: AbortSignal): Promise<void> {
  const { tenantId } = work.record;
  const refusals = new Refusals();
  for await (const { kind, seen } of pagesOfWorkloads(api, namespaceOf(tenantId), signal)) {
    const kept = await store.getSleepers(tenantId, kind, rangeOf(seen));
    const sleeping = new Set(seen.filter(({ awake }) => !awake).map(({ uid }) => uid));
    const met = seen.flatMap(({ name }) => kept.get(name) ?? []);
    const woken = wake(
      api,
      namespaceOf(tenantId),
      met.filter(({ uid }) => sleeping.has(uid)),
      signal,
    );
    if (!(await refusals.passOver(woken))) continue;
    await write(
      work,
      met.map((before) => ({ before, after: undefined })),
      store,
    );
  }
  refusals.throwFirst();
  await forgetSleepers(work, store);
}

/** What the cluster refuses of one page holds up no other page: the first refusal is thrown at the end. */
class Refusals {
  #first: ClusterError | undefined;

  /** Whether all of a page was done. Throws at once what would fail on every page: no answer, and errors of the server. */
  async passOver(page: Promise<void>): Promise<boolean> {
    try {
      await page;
      return true;
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status === undefined || error.status === 429 || error.status >= 500) throw error;
      this.#first ??= error;
      return false;
    }
  }

  throwFirst(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}

/** Forgets what is kept as sleeping: what is not there any more, or all of a tenant that goes. Throws `WriteConflict`. */
export async function forgetSleepers(work: Work, store: TenantStore): Promise<void> {
  for (;;) {
    const sleepers = await store.pageSleepers(work.record.tenantId, SLEEPERS_AT_ONCE);
    if (sleepers.length === 0) return;
    await write(
      work,
      sleepers.map((before) => ({ before, after: undefined })),
      store,
    );
  }
}

/** From the first name to the last. */
function rangeOf(workloads: readonly SleepingWorkload[]): { from: string; to: string } {
  const names = workloads.map(({ name }) => name).sort();
  return { from: names[0] ?? "", to: names.at(-1) ?? "" };
}

/** Writes some at a time, with how many are kept in the record. */
async function write(work: Work, sleepers: SleeperWrite[], store: TenantStore): Promise<void> {
  for (let start = 0; start < sleepers.length; start += SLEEPERS_AT_ONCE) {
    const some = sleepers.slice(start, start + SLEEPERS_AT_ONCE);
    const more = some.reduce((sum, { before, after }) => sum + (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1), 0);
    await recordStatus(work, { sleepers: (work.record.status.sleepers ?? 0) + more }, store, some);
  }
}
