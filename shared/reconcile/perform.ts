import type { GrantsStatus } from "../domain/tenant.ts";
import { versionToKeep } from "../manifests/drift.ts";
import { IS_LOWER_THAN } from "../manifests/generation.ts";
import { ANNOTATION_GENERATION } from "../manifests/index.ts";
import { type ClusterApi, ClusterError } from "../ports.ts";
import { whenAllEnded } from "./when-all-ended.ts";
import { ABSENT, type Action, type Plan } from "./decide.ts";

/** What the cluster took, and what it did not. */
export interface Performed {
  /** Hashes of the objects applied, by key; `ABSENT` of those deleted. */
  applied: Record<string, string>;
  /** Versions at which objects stand as applied, by key: `versionToKeep`. */
  versions: Record<string, string>;
  namespaceUid?: string | undefined;
  /** Everything is awake again. */
  awake?: boolean | undefined;
  deletionSlot?: number | undefined;
  /** The pass over all grants that has begun. */
  grants?: GrantsStatus | undefined;
  /** First error of each object, by key. */
  errors: Record<string, ClusterError>;
}

export const nothingPerformed = (): Performed => ({ applied: {}, versions: {}, errors: {} });

/** Performs a plan, and adds each action to `performed` when it is done. A wave that had an error is the last; its other actions still ran. */
export async function perform(plan: Plan, api: ClusterApi, signal: AbortSignal, performed = nothingPerformed()): Promise<Performed> {
  for (const wave of plan.waves) {
    await whenAllEnded(wave.map((action) => act(action, api, signal, performed)));
    if (Object.keys(performed.errors).length > 0) break;
  }
  return performed;
}

async function act(action: Action, api: ClusterApi, signal: AbortSignal, performed: Performed): Promise<void> {
  const { key } = action;
  try {
    if (action.kind === "delete") {
      await remove(action, api, signal);
      performed.applied[key] = ABSENT;
      return;
    }
    if (action.kind === "fence") return await fence(action, api, signal);
    if (action.kind === "finalize") return await api.finalizeNamespace(action.ref.name, signal);
    const object = await api.apply(action.object, signal);
    performed.applied[key] = action.hash;
    const version = versionToKeep(action.object, object);
    if (version !== undefined) performed.versions[key] = version;
    if (object.kind === "Namespace") performed.namespaceUid = object.metadata?.uid;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    performed.errors[key] = error;
  }
}

async function fence({ ref, uid, generation }: Extract<Action, { kind: "fence" }>, api: ClusterApi, signal: AbortSignal): Promise<void> {
  const metadata = { uid, annotations: { [ANNOTATION_GENERATION]: String(generation) } };
  if ((await api.patch(ref, { metadata }, {}, signal)) === undefined)
    throw new ClusterError(404, "NotFound", `namespaces "${ref.name}" not found`);
}

/**
 * Deletes an object. Admission holds no deletion to its generation, so one that might come late looks first: what a newer
 * generation applied stays, also where it comes in between.
 */
async function remove(
  { key, ref, uid, generation }: Extract<Action, { kind: "delete" }>,
  api: ClusterApi,
  signal: AbortSignal,
): Promise<void> {
  if (generation === undefined) return api.delete(ref, { uid }, signal);
  const standing = await api.get(ref, signal);
  if (standing === undefined) return;
  const applied = Number(standing.metadata?.annotations?.[ANNOTATION_GENERATION] ?? 0);
  if (applied > generation)
    throw new ClusterError(
      409,
      "NewerGeneration",
      `generation ${generation} ${IS_LOWER_THAN} ${applied}, with which ${key} was last applied`,
    );
  const { uid: seen, resourceVersion } = standing.metadata ?? {};
  await api.delete(ref, { uid: seen, resourceVersion }, signal);
}
