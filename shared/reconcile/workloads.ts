import type { KubernetesObject } from "@kubernetes/client-node";
import type { SleepingWorkload } from "../domain/tenant.ts";
import { type ClusterApi, ClusterError, type ListPage, type ListQuery } from "../ports.ts";
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

/** Workloads of one page; fewer where they are so large that one answer does not hold them: a tenant makes its own objects. */
const PAGES = [500, 50, 5];

type Workload = KubernetesObject & { spec?: { replicas?: number; suspend?: boolean } };

/** A workload as the cluster has it now; awake with replicas, or as a CronJob that runs. */
export interface SeenWorkload extends SleepingWorkload {
  awake: boolean;
}

/** Every workload of a namespace, page by page: each page is of one kind. Throws `ClusterError`. */
export async function* pagesOfWorkloads(
  api: Pick<ClusterApi, "list">,
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<{ kind: SleepingWorkload["kind"]; seen: SeenWorkload[] }> {
  for (const { apiVersion, kind } of kinds) {
    let next: string | undefined;
    do {
      const page = await pageOf({ apiVersion, kind, namespace, continue: next }, api, signal);
      if (page.items.length > 0) yield { kind, seen: page.items.map((item) => seenOf(kind, item)) };
      next = page.continue;
    } while (next !== undefined);
  }
}

async function pageOf(query: ListQuery, api: Pick<ClusterApi, "list">, signal: AbortSignal): Promise<ListPage> {
  let tooLarge: unknown;
  for (const limit of PAGES) {
    try {
      return await api.list({ ...query, limit }, signal);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== "ResponseTooLarge") throw error;
      tooLarge = error;
    }
  }
  throw tooLarge;
}

function seenOf(kind: SleepingWorkload["kind"], { metadata, spec }: Workload): SeenWorkload {
  const { name = "", uid = "" } = metadata ?? {};
  if (kind === "CronJob") return { kind, name, uid, awake: spec?.suspend !== true };
  const replicas = spec?.replicas ?? 1;
  return { kind, name, uid, replicas, awake: replicas > 0 };
}

/** Puts workloads to sleep. Throws `ClusterError`. */
export async function putToSleep(
  api: Pick<ClusterApi, "patch">,
  namespace: string,
  awake: readonly SleepingWorkload[],
  signal: AbortSignal,
): Promise<void> {
  await whenAllEnded(awake.map((workload) => set(api, namespace, workload, 0, signal)));
}

/** Wakes workloads, each with the replicas that it had. Throws `ClusterError`. */
export async function wake(
  api: Pick<ClusterApi, "patch">,
  namespace: string,
  kept: readonly SleepingWorkload[],
  signal: AbortSignal,
): Promise<void> {
  await whenAllEnded(kept.map((workload) => set(api, namespace, workload, workload.replicas, signal)));
}

/** The uid in the patch is a precondition: another object of that name is a conflict, and left alone by the next look. */
async function set(
  api: Pick<ClusterApi, "patch">,
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
