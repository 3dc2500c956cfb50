import type { KubernetesObject } from "@kubernetes/client-node";
import type { SleepingWorkload } from "../domain/tenant.ts";
import type { ClusterApi } from "../ports.ts";
import { whenAllEnded } from "./when-all-ended.ts";

/** In `status.applied`, that every workload sleeps. */
export const WORKLOADS = "Workloads";
export const ASLEEP = "asleep";

/** What sleeps: pods come from these. */
const kinds = [
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "batch/v1", kind: "CronJob" },
] as const;

type Workload = KubernetesObject & { spec?: { replicas?: number; suspend?: boolean } };

/** A workload as the cluster has it now; awake with replicas, or as a CronJob that runs. */
export interface SeenWorkload extends SleepingWorkload {
  awake: boolean;
}

/** Every workload of a namespace. Throws `ClusterError`. */
export async function listWorkloads(api: ClusterApi, namespace: string, signal: AbortSignal): Promise<SeenWorkload[]> {
  const lists = await whenAllEnded(
    kinds.map(async ({ apiVersion, kind }) => {
      const seen: SeenWorkload[] = [];
      let next: string | undefined;
      do {
        const page = await api.list({ apiVersion, kind, namespace, continue: next }, signal);
        seen.push(...page.items.map((item) => seenOf(kind, item)));
        next = page.continue;
      } while (next !== undefined);
      return seen;
    }),
  );
  return lists.flat();
}

function seenOf(kind: SleepingWorkload["kind"], { metadata, spec }: Workload): SeenWorkload {
  const { name = "", uid = "" } = metadata ?? {};
  if (kind === "CronJob") return { kind, name, uid, awake: spec?.suspend !== true };
  const replicas = spec?.replicas ?? 1;
  return { kind, name, uid, replicas, awake: replicas > 0 };
}

/** What is to be kept: what was kept already, as it was, and what is awake besides. Pure. */
export function capture(kept: SleepingWorkload[] | undefined, seen: SeenWorkload[]): SleepingWorkload[] {
  const known = new Set(kept?.map(({ uid }) => uid));
  const more = seen.filter(({ awake, uid }) => awake && !known.has(uid)).map(({ awake: _awake, ...workload }) => workload);
  return [...(kept ?? []), ...more];
}

/** Puts what is awake to sleep. Throws `ClusterError`. */
export async function putToSleep(api: ClusterApi, namespace: string, seen: SeenWorkload[], signal: AbortSignal): Promise<void> {
  await whenAllEnded(seen.filter(({ awake }) => awake).map((workload) => set(api, namespace, workload, 0, signal)));
}

/**
 * Wakes exactly what was put to sleep: the same object (by uid) that still sleeps. What the tenant removed stays away,
 * what was added or woken meanwhile stays as it is. Throws `ClusterError`.
 */
export async function wake(api: ClusterApi, namespace: string, kept: SleepingWorkload[], signal: AbortSignal): Promise<void> {
  const sleeping = new Map((await listWorkloads(api, namespace, signal)).filter(({ awake }) => !awake).map(({ uid, kind }) => [uid, kind]));
  const toWake = kept.filter(({ uid, kind }) => sleeping.get(uid) === kind);
  await whenAllEnded(toWake.map((workload) => set(api, namespace, workload, workload.replicas, signal)));
}

/** The uid in the patch is a precondition: another object of that name is a conflict, and left alone by the next look. */
async function set(
  api: ClusterApi,
  namespace: string,
  workload: SleepingWorkload,
  replicas: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { kind, name, uid } = workload;
  const asleep = replicas === 0;
  if (kind === "CronJob") {
    await api.patch({ apiVersion: "batch/v1", kind, name, namespace }, { metadata: { uid }, spec: { suspend: asleep } }, {}, signal);
  } else {
    await api.patch(
      { apiVersion: "apps/v1", kind, name, namespace },
      { metadata: { uid }, spec: { replicas: replicas ?? 0 } },
      { subresource: "scale" },
      signal,
    );
  }
}
