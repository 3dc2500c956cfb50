import type { Orphan } from "../../domain/drift-check.ts";
import { namespaceOf, type Tenant } from "../../domain/tenant.ts";
import { ANNOTATION_INSTALLATION, NAMESPACE_PREFIX } from "../../manifests/index.ts";
import { type ClusterApi, ClusterError, type Log } from "../../ports.ts";
import type { ReconcilePorts } from "../../reconcile/ports.ts";
import type { SeenNamespace } from "./namespaces.ts";

/** The tenant that a namespace is of, by its name, which nobody can change; `undefined` where none can have it. */
export function tenantIdOf(namespace: string): string | undefined {
  const id = namespace.startsWith(NAMESPACE_PREFIX) ? namespace.slice(NAMESPACE_PREFIX.length) : "";
  return id === "" || id.includes("--") ? undefined : id;
}

/** A namespace of this installation that stays and that no tenant of this cluster lives in; `undefined` where it is none of our affair. */
export function orphanOf({ namespace }: SeenNamespace, installation: string): Orphan | undefined {
  const { name = "", uid, resourceVersion, annotations, deletionTimestamp } = namespace?.metadata ?? {};
  if (uid === undefined || resourceVersion === undefined || deletionTimestamp !== undefined) return undefined;
  return annotations?.[ANNOTATION_INSTALLATION] === installation ? { name, uid, resourceVersion } : undefined;
}

/** Whether the record says that its namespace is gone for good. */
export const isDead = (tenant: Tenant | undefined): boolean => tenant === undefined || tenant.status.deletedAt !== undefined;

/**
 * Deletes an orphan after a strongly consistent look at its record, and only as it was listed: an onboarding that takes the
 * namespace meanwhile moves its `resourceVersion`. Answers whether it went.
 */
export async function removeOrphan(
  { name, uid, resourceVersion }: Orphan,
  api: ClusterApi,
  { store, log }: Pick<ReconcilePorts, "store"> & { log: Log },
  signal: AbortSignal,
): Promise<boolean> {
  const tenantId = tenantIdOf(name);
  if (tenantId === undefined || !isDead(await store.get(tenantId))) return false;
  try {
    await api.delete({ apiVersion: "v1", kind: "Namespace", name: namespaceOf(tenantId) }, { uid, resourceVersion }, signal);
    log.warn("A namespace without a live tenant is deleted.", { namespace: name, uid });
    return true;
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== 409) throw error;
    log.info("A namespace without a live tenant changed meanwhile; it is left to the next check.", { namespace: name });
    return false;
  }
}
