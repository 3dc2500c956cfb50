import { type ClusterApi, ClusterError } from "../ports.ts";
import type { Action, Plan } from "./decide.ts";

/** What the cluster took, and what it did not. */
export interface Performed {
  /** Hashes of the objects applied, by key. */
  applied: Record<string, string>;
  namespaceUid?: string | undefined;
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
  const key = action.kind === "apply" ? action.key : `${action.ref.kind}/${action.ref.name}`;
  try {
    if (action.kind === "delete") return await api.delete(action.ref, { uid: action.uid }, signal);
    const object = await api.apply(action.object, signal);
    performed.applied[action.key] = action.hash;
    if (object.kind === "Namespace") performed.namespaceUid = object.metadata?.uid;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    performed.errors[key] = error;
  }
}
