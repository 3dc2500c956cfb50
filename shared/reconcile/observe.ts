import type { KubernetesObject } from "@kubernetes/client-node";
import { namespaceOf, type Tenant } from "../domain/tenant.ts";
import {
  ANNOTATION_GENERATION,
  ANNOTATION_INSTALLATION,
  isGrantKey,
  LABEL_MANAGED_BY,
  LABEL_TENANT,
  MANAGED_BY,
  NAMES,
} from "../manifests/index.ts";
import type { ClusterApi, ObjectRef } from "../ports.ts";

/** A tenant's namespace as the cluster has it; `unread` where the record knows enough. */
export type NamespaceSeen = "unread" | "absent" | SeenNamespace;

export interface SeenNamespace {
  uid: string;
  /** By the uid that the record knows, or by all our marks: two labels and the annotation of the installation. */
  ours: boolean;
  /** Where only some of that holds: what is wrong with it, in words. */
  doubt?: string;
  /** The generation that last applied it. */
  generation?: number;
  terminating: boolean;
  /** What holds a terminating namespace, in the words of its own conditions. */
  hold?: string;
  /** On the way out: our RoleBindings, by label or by name. */
  bindings: { ref: ObjectRef; uid: string | undefined; generation?: number }[];
}

/**
 * Reads the cluster only where the record does not know: before the first apply, and on the way out.
 * Throws `ClusterError`.
 */
export async function observe(tenant: Tenant, api: ClusterApi, installation: string, signal: AbortSignal): Promise<NamespaceSeen> {
  if (tenant.desired.state === "Active" && tenant.status.namespaceUid !== undefined) return "unread";
  const namespace = await api.get({ apiVersion: "v1", kind: "Namespace", name: namespaceOf(tenant.tenantId) }, signal);
  if (namespace === undefined) return "absent";
  const found = seen(namespace, tenant, installation);
  const leaving = tenant.desired.state === "Deleted" && found.ours && !found.terminating;
  return leaving ? { ...found, bindings: await bindingsOf(api, namespaceOf(tenant.tenantId), signal) } : found;
}

async function bindingsOf(api: ClusterApi, namespace: string, signal: AbortSignal): Promise<SeenNamespace["bindings"]> {
  const kind = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" };
  const bindings: SeenNamespace["bindings"] = [];
  let next: string | undefined;
  do {
    const page = await api.list({ ...kind, namespace, continue: next }, signal);
    for (const { metadata: { name = "", uid, labels, annotations } = {} } of page.items) {
      const ours = labels?.[LABEL_MANAGED_BY] === MANAGED_BY || name === NAMES.roleBinding || isGrantKey(`${kind.kind}/${name}`);
      if (ours) bindings.push({ ref: { ...kind, name, namespace }, uid, ...generationOf(annotations) });
    }
    next = page.continue;
  } while (next !== undefined);
  return bindings;
}

function generationOf(annotations: Record<string, string> = {}): { generation?: number } {
  const generation = Number(annotations[ANNOTATION_GENERATION] ?? Number.NaN);
  return Number.isNaN(generation) ? {} : { generation };
}

interface NamespaceObject extends KubernetesObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

const holds = [
  "NamespaceContentRemaining",
  "NamespaceFinalizersRemaining",
  "NamespaceDeletionContentFailure",
  "NamespaceDeletionDiscoveryFailure",
];

function seen(namespace: NamespaceObject, tenant: Tenant, installation: string): SeenNamespace {
  const { uid = "", annotations, deletionTimestamp } = namespace.metadata ?? {};
  const holding = (namespace.status?.conditions ?? []).filter(({ type, status }) => status === "True" && holds.includes(type));
  const hold = holding.map(({ message }) => message ?? "").join(" ");
  return {
    uid,
    ...ownership(namespace, tenant, installation),
    ...generationOf(annotations),
    terminating: deletionTimestamp !== undefined,
    bindings: [],
    ...(hold !== "" && { hold }),
  };
}

/**
 * Whose a namespace is. Marks can be edited away, so the recorded uid decides without them; but one that another installation has marked
 * as its own is not ours any more. One with some of our marks and an unknown uid may be ours.
 */
function ownership(
  { metadata: { uid, labels = {}, annotations = {} } = {} }: NamespaceObject,
  { tenantId, status }: Tenant,
  installation: string,
): Pick<SeenNamespace, "ours" | "doubt"> {
  const marks = [
    { mark: `label ${LABEL_MANAGED_BY}=${MANAGED_BY}`, there: labels[LABEL_MANAGED_BY] === MANAGED_BY },
    { mark: `label ${LABEL_TENANT}=${tenantId}`, there: labels[LABEL_TENANT] === tenantId },
    { mark: `annotation ${ANNOTATION_INSTALLATION}=${installation}`, there: annotations[ANNOTATION_INSTALLATION] === installation },
  ];
  const missing = marks.filter(({ there }) => !there).map(({ mark }) => mark);
  if (missing.length === 0) return { ours: true };
  const recorded = uid !== undefined && uid === status.namespaceUid;
  const other = annotations[ANNOTATION_INSTALLATION] ?? installation;
  if (other !== installation)
    return {
      ours: false,
      ...(recorded && { doubt: `It is the one in the tenant's record, and marked as of the installation "${other}".` }),
    };
  const doubt = `It lacks the ${missing.join(" and the ")}.`;
  if (recorded) return { ours: true, doubt };
  // Who is to adopt a namespace labels it as managed by us: that alone makes it nobody's.
  return { ours: false, ...(marks.slice(1).some(({ there }) => there) && { doubt }) };
}
