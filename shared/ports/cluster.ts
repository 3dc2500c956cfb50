import type { KubernetesObject } from "@kubernetes/client-node";
import type { ClusterConnection } from "../domain/cluster.ts";
import type { AccessRight } from "../domain/access-right.ts";
import type { ObjectRef } from "../domain/object-ref.ts";

export type { ObjectRef } from "../domain/object-ref.ts";

/** What a cluster's API server answered, or that it did not. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  /** HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** The Kubernetes `Status.reason`, or `Unreachable`, `Timeout`, `Aborted`, `ResponseTooLarge`, `TokenUnavailable`. */
  readonly reason: string;

  constructor(status: number | undefined, reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.reason = reason;
  }

  get retryable(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

export interface ListQuery {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** Objects a page, at the most. */
  limit?: number | undefined;
  continue?: string | undefined;
}

export interface ClusterScopedFind {
  found: ObjectRef[];
  kindsChecked: number;
  /** `plural.group` of the kinds that we may not list. */
  kindsUnchecked: string[];
}

export interface ListPage {
  /** With their `apiVersion` and `kind`, which lists leave out. */
  items: KubernetesObject[];
  /** Where the next page goes on; absent on the last. */
  continue?: string | undefined;
}

/** One cluster's API. Every call throws `ClusterError`, and ends when `signal` aborts. */
export interface ClusterApi {
  /** `undefined` on 404. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Server-side apply as field manager `tenantry`, with force. Answers the object as it stands, or, dry, as it would. */
  apply(object: KubernetesObject, signal: AbortSignal, options?: { dryRun?: boolean | undefined }): Promise<KubernetesObject>;
  /** Background deletion, only of the object with that uid (and as it was read, with its `resourceVersion`) where one is given; 404 is success. */
  delete(ref: ObjectRef, options: { uid?: string | undefined; resourceVersion?: string | undefined }, signal: AbortSignal): Promise<void>;
  /** One page of a kind's objects, over all namespaces or in one. The first page of a list names what the next go on from. */
  list(query: ListQuery, signal: AbortSignal): Promise<ListPage>;
  /** Cluster-scoped objects with a label, of every kind that the cluster serves (discovery) and lets us list. */
  findClusterScoped(labelSelector: string, signal: AbortSignal): Promise<ClusterScopedFind>;
  /** JSON merge patch of an object, or of a subresource of it, as field manager `tenantry`; 404 answers `undefined`. */
  patch(
    ref: ObjectRef,
    patch: object,
    options: { subresource?: "scale" | undefined },
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined>;
  /** Takes the finalizers off a terminating namespace's own spec, so that it goes with what is left in it; 404 is success. */
  finalizeNamespace(name: string, signal: AbortSignal): Promise<void>;
  /** Whether the API group and version is served. */
  serves(apiVersion: string, signal: AbortSignal): Promise<boolean>;
  /** Whether the cluster's authorisation gives us a right in every namespace (SelfSubjectAccessReview). */
  allows(right: AccessRight, signal: AbortSignal): Promise<boolean>;
}

export interface ClusterAccess {
  connect(cluster: ClusterConnection): ClusterApi;
}
