import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../domain/cluster.ts";
import { differences, isSame, type MergeRules, pathOfPointer } from "../domain/drift.ts";
import { type Editor, editorsOf, type FieldOwner, holds } from "../domain/field-owners.ts";
import type { DriftedObject } from "../domain/repair.ts";
import { ANNOTATION_GENERATION, FIELD_MANAGER, LABEL_MANAGED_BY, MANAGED_BY } from "./identity.ts";

/** A kind to list in every namespace. */
export interface ListedKind {
  apiVersion: string;
  kind: string;
  labelSelector?: string;
}

const OURS = `${LABEL_MANAGED_BY}=${MANAGED_BY}`;
const RBAC = "rbac.authorization.k8s.io/v1";

/** Kinds of which any object in a tenant's namespace widens access, whoever made it. */
const widening = ["NetworkPolicy", "RoleBinding"];
export const widensAccess = ({ kind = "" }: KubernetesObject): boolean => widening.includes(kind);

/** The kinds that a tenant's objects in a cluster are of, the Namespace first. Those that widen access are listed whole, so that one list tells ours and foreign ones. */
export function listedKinds({ capabilities }: Cluster): ListedKind[] {
  return [
    { apiVersion: "v1", kind: "Namespace", labelSelector: OURS },
    { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
    { apiVersion: "v1", kind: "ServiceAccount", labelSelector: OURS },
    { apiVersion: RBAC, kind: "Role", labelSelector: OURS },
    { apiVersion: RBAC, kind: "RoleBinding" },
    { apiVersion: "v1", kind: "ResourceQuota", labelSelector: OURS },
    { apiVersion: "v1", kind: "LimitRange", labelSelector: OURS },
    ...(capabilities.serviceMonitor ? [{ apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", labelSelector: OURS }] : []),
  ];
}

/** Selectors and role references are replaced as a whole (`+structType=atomic` in the API's types). */
const atomic = new Set(["podSelector", "selector", "roleRef"]);
/** Fields that no apply can change, or take away, and that turn the object into another: it is removed and made again. */
const fixed: Record<string, string[]> = { RoleBinding: ["roleRef"], ResourceQuota: ["spec/scopes", "spec/scopeSelector"] };

const rulesOf = (kind: string | undefined, owners: FieldOwner[]): MergeRules => ({
  atomic: (path) => atomic.has(path.at(-1) ?? "") && path[0] !== "metadata",
  quantity: (path) => path[0] === "spec" && (kind === "ResourceQuota" || kind === "LimitRange"),
  owned: (path) => owners.some((owner) => owner.manager === FIELD_MANAGER && owner.operation === "Apply" && holds(owner, path)),
});

const at = (object: object, path: string): unknown =>
  path.split("/").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);

/** Our object as it ought to be, against what the cluster has: the fields that do not stand, and who changed them. Pure. */
export function driftOf(desired: KubernetesObject, actual: KubernetesObject): Omit<DriftedObject, "object"> | undefined {
  if (standsToTheLetter(desired, actual)) return undefined;
  const owners = ownersOf(actual);
  const foreign = (fixed[desired.kind ?? ""] ?? []).filter((path) => at(desired, path) === undefined && at(actual, path) !== undefined);
  const fields = [...differences(contentOf(desired), actual, rulesOf(desired.kind, owners)), ...foreign.map((path) => `/${path}`)];
  if (fields.length === 0) return undefined;
  const replaced = (fixed[desired.kind ?? ""] ?? []).some((path) => fields.some((field) => `${field}/`.startsWith(`/${path}/`)));
  return { change: replaced ? "replaced" : "changed", fields, by: editorsOf(fields.map(pathOfPointer), owners, FIELD_MANAGER) };
}

/**
 * The version to remember of an object that was just applied, by what the apply answered: as long as it stands at it, nobody has
 * changed it. None where admission made something else of it, and none of a quota: its status moves it anyway.
 */
export function versionToKeep(applied: KubernetesObject, answer: KubernetesObject): string | undefined {
  if (applied.kind === "ResourceQuota" || driftOf(applied, answer) !== undefined) return undefined;
  return answer.metadata?.resourceVersion;
}

type Fields = Record<string, unknown>;

/**
 * Whether nothing but metadata has more in it than was applied, and nothing differs: so it is with nearly every object, and it is
 * told without a look at the rules of merging. It never holds where a field has drifted; where it does not, the rules decide.
 */
function standsToTheLetter(desired: KubernetesObject, actual: KubernetesObject): boolean {
  for (const key in desired) {
    const want = (desired as Fields)[key];
    const have = (actual as Fields)[key];
    if (!(key === "metadata" ? hasMetadata(want, have) : isSame(want, have))) return false;
  }
  return true;
}

/** Whether name, labels and annotations stand; there may be more of them, and the generation may be another one. */
function hasMetadata(want: unknown, have: unknown): boolean {
  for (const field in want as Fields) {
    const wanted = (want as Fields)[field];
    const found = (have as Fields | undefined)?.[field];
    if (field !== "labels" && field !== "annotations") {
      if (wanted !== found) return false;
      continue;
    }
    for (const key in wanted as Fields) {
      if ((wanted as Fields)[key] !== (found as Fields | undefined)?.[key] && key !== ANNOTATION_GENERATION) return false;
    }
  }
  return true;
}

/** Who made or last wrote an object that is not ours. */
export const authorsOf = (object: KubernetesObject): Editor[] => editorsOf([], ownersOf(object), FIELD_MANAGER);

const ownersOf = ({ metadata }: KubernetesObject): FieldOwner[] => (metadata?.managedFields ?? []) as FieldOwner[];

/** What is compared: not the generation that applied it, which others of the same tenant have moved past. */
function contentOf({ metadata, ...object }: KubernetesObject): object {
  const { [ANNOTATION_GENERATION]: _generation, ...annotations } = metadata?.annotations ?? {};
  return { ...object, metadata: { ...metadata, annotations } };
}
