import type { SleepingWorkload } from "../domain/tenant.ts";
import { type ClusterApi, ClusterError } from "../ports.ts";
import { ABSENT, type Action, type Plan } from "./decide.ts";

/** What the cluster took, and what it did not. */
export interface Performed {
  /** Hashes of the objects applied, by key; `ABSENT` of those deleted. */
  applied: Record<string, string>;
  namespaceUid?: string | undefined;
  /** What sleeps now, or that everything is awake again. */
  workloads?: SleepingWorkload[] | "awake" | undefined;
  deletionSlot?: number | undefined;
  /** First error of each object, by key. */
  errors: Record<string, ClusterError>;
}

/** Performs a plan. A wave that had an error is the last; its other actions still ran. */
export async function perform(plan: Plan, api: ClusterApi, signal: AbortSignal): Promise<Performed> {
  const performed: Performed = { applied: {}, errors: {} };
  for (const wave of plan.waves) {
    await Promise.all(wave.map((action) => act(action, api, signal, performed)));
    if (Object.keys(performed.errors).length > 0) break;
  }
  return performed;
}

async function act(action: Action, api: ClusterApi, signal: AbortSignal, performed: Performed): Promise<void> {
  const { key } = action;
  try {
    if (action.kind === "delete") {
      await api.delete(action.ref, { uid: action.uid }, signal);
      performed.applied[key] = ABSENT;
      return;
    }
    if (action.kind === "finalize") return await api.finalizeNamespace(action.ref.name, signal);
    const object = await api.apply(action.object, signal);
    performed.applied[key] = action.hash;
    if (object.kind === "Namespace") performed.namespaceUid = object.metadata?.uid;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    performed.errors[key] = error;
  }
}
