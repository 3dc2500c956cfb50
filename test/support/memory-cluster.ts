import { randomUUID } from "node:crypto";
import type { KubernetesObject } from "@kubernetes/client-node";
import type { AccessRight } from "../../shared/domain/access-right.ts";
import { pathOf } from "../../shared/adapters/kubernetes/path.ts";
import { refOf } from "../../shared/adapters/kubernetes/client.ts";
import {
  type ClusterApi,
  ClusterError,
  type ClusterScopedFind,
  type ListPage,
  type ListQuery,
  type ObjectRef,
} from "../../shared/ports.ts";
import { deepCopy as clone } from "./deep-copy.ts";
import type { Platform } from "../../shared/domain/platform.ts";
import { ANNOTATION_BOOTSTRAP, bootstrapObjects } from "../../shared/manifests/bootstrap.ts";
import { ANNOTATION_GENERATION, LABEL_MANAGED_BY, MANAGED_BY } from "../../shared/manifests/index.ts";

export interface ClusterCall {
  verb: "get" | "apply" | "delete" | "list" | "patch" | "find" | "finalize" | "serves" | "allows";
  /** The object that is asked for, or none for `serves` and `allows`. */
  ref?: ObjectRef;
  /** What is applied. */
  object?: KubernetesObject;
}

export interface MemoryClusterOptions {
  /** API versions that `serves` knows, besides those of the stored kinds. */
  served?: string[];
  /** Applies are held to the policy `tenantry-generation` of bootstrap.yaml, as if by the provisioner. */
  fence?: boolean;
  /** Runs before each call takes effect; what it throws, the caller gets, and nothing happened. */
  before?: (call: ClusterCall) => void | Promise<void>;
  /** Runs after each call took effect; what it throws, the caller gets although it happened: a lost answer. */
  after?: (call: ClusterCall) => void | Promise<void>;
}

const builtIn = ["v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"];

type Stored = KubernetesObject & { metadata: NonNullable<KubernetesObject["metadata"]> };

/** A cluster in memory, that passes the contract of `ClusterApi`. One applier: an apply replaces what the last one set. */
export class MemoryCluster implements ClusterApi {
  readonly #objects = new Map<string, Stored>();
  readonly #served: Set<string>;
  before: MemoryClusterOptions["before"];
  after: MemoryClusterOptions["after"];
  readonly #fence: boolean;
  /** Rights that its authorisation does not give. */
  denied: (right: AccessRight) => boolean = () => false;
  /** Every call, in order, also those that failed. */
  readonly calls: ClusterCall[] = [];
  #version = 0;

  constructor({ served = [], fence = false, before, after }: MemoryClusterOptions = {}) {
    this.#served = new Set([...builtIn, ...served]);
    this.#fence = fence;
    this.before = before;
    this.after = after;
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    return await this.#call({ verb: "get", ref }, signal, () => clone(this.#objects.get(pathOf(ref))));
  }

  async apply(
    object: KubernetesObject,
    signal: AbortSignal,
    { dryRun = false }: { dryRun?: boolean | undefined } = {},
  ): Promise<KubernetesObject> {
    const ref = refOf(object);
    if (dryRun) return await this.#call({ verb: "get", ref }, signal, () => ({ ...this.#objects.get(pathOf(ref)), ...clone(object) }));
    return await this.#call({ verb: "apply", ref, object: clone(object) }, signal, () => {
      if (this.#fence) this.#admit(ref, object);
      return clone(this.#write(ref, object));
    });
  }

  async delete(
    ref: ObjectRef,
    { uid, resourceVersion }: { uid?: string | undefined; resourceVersion?: string | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call({ verb: "delete", ref }, signal, () => {
      const found = this.#objects.get(pathOf(ref));
      if (found === undefined) return;
      if (uid !== undefined && uid !== found.metadata.uid)
        throw conflict(ref, `the UID in the precondition (${uid}) is not that of the object (${found.metadata.uid})`);
      if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion)
        throw conflict(ref, `the ResourceVersion in the precondition (${resourceVersion}) is not that of the object`);
      if (ref.kind !== "Namespace") this.#objects.delete(pathOf(ref));
      else if (found.metadata.deletionTimestamp === undefined) {
        found.metadata.deletionTimestamp = new Date();
        this.#touch(found);
      }
    });
  }

  async list(
    { apiVersion, kind, namespace, labelSelector, limit = 500, continue: from = "0" }: ListQuery,
    signal: AbortSignal,
  ): Promise<ListPage> {
    return await this.#call({ verb: "list", ref: { apiVersion, kind, name: "", namespace } }, signal, () => {
      const wanted = (labelSelector ?? "")
        .split(",")
        .filter(Boolean)
        .map((pair) => pair.split("=") as [string, string]);
      const all = this.objects().filter(
        (object) =>
          object.apiVersion === apiVersion &&
          object.kind === kind &&
          (namespace === undefined || object.metadata?.namespace === namespace) &&
          wanted.every(([key, value]) => object.metadata?.labels?.[key] === value),
      );
      const end = Number(from) + limit;
      return { items: all.slice(Number(from), end), ...(end < all.length && { continue: String(end) }) };
    });
  }

  async patch(
    ref: ObjectRef,
    patch: object,
    { subresource }: { subresource?: "scale" | undefined },
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined> {
    return await this.#call(
      { verb: "patch", ref, object: { ...clone(patch), ...(subresource && { subresource }) } as KubernetesObject },
      signal,
      () => {
        const found = this.#objects.get(pathOf(ref));
        if (found === undefined) return undefined;
        const before = JSON.stringify(found);
        merge(found as unknown as Record<string, unknown>, clone(patch) as Record<string, unknown>);
        if (JSON.stringify(found) !== before) this.#touch(found);
        return clone(found);
      },
    );
  }

  async findClusterScoped(labelSelector: string, signal: AbortSignal): Promise<ClusterScopedFind> {
    const [key = "", value = ""] = labelSelector.split("=");
    return await this.#call({ verb: "find" }, signal, () => ({
      found: this.objects()
        .filter(({ metadata }) => metadata?.namespace === undefined && metadata?.labels?.[key] === value)
        .map(refOf),
      kindsChecked: 1,
      kindsUnchecked: [],
    }));
  }

  async finalizeNamespace(name: string, signal: AbortSignal): Promise<void> {
    const ref = { apiVersion: "v1", kind: "Namespace", name };
    await this.#call({ verb: "finalize", ref }, signal, () => {
      this.#objects.delete(pathOf(ref));
    });
  }

  async serves(apiVersion: string, signal: AbortSignal): Promise<boolean> {
    return await this.#call({ verb: "serves" }, signal, () => this.#served.has(apiVersion));
  }

  async allows(right: AccessRight, signal: AbortSignal): Promise<boolean> {
    return await this.#call({ verb: "allows" }, signal, () => !this.denied(right));
  }

  /** Puts an object there as somebody else's. */
  put(object: KubernetesObject): KubernetesObject {
    return clone(this.#write(refOf(object), object));
  }

  /** Takes an object away by somebody else's hand. */
  remove(ref: ObjectRef): void {
    this.#objects.delete(pathOf(ref));
  }

  /** What the namespace controller does in its own time: terminating namespaces go, with all that is in them. */
  finishDeletes(): void {
    for (const [path, { kind, metadata }] of [...this.#objects]) {
      if (kind !== "Namespace" || metadata.deletionTimestamp === undefined) continue;
      this.#objects.delete(path);
      for (const [other, object] of [...this.#objects]) if (object.metadata.namespace === metadata.name) this.#objects.delete(other);
    }
  }

  /** All objects, by path. */
  objects(): KubernetesObject[] {
    // As etcd keeps them: by namespace and name, not by the escaped path.
    const ordered = [...this.#objects.entries()].map(([path, object]) => ({ key: decodeURIComponent(path), object }));
    return ordered.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ object }) => clone(object));
  }

  /** A namespace and the objects in it as they are stored: only to be read. */
  within(namespace: string): readonly KubernetesObject[] {
    const isWithin = ({ kind, metadata }: Stored): boolean =>
      metadata.namespace === namespace || (kind === "Namespace" && metadata.name === namespace);
    return [...this.#objects.values()].filter(isWithin);
  }

  /** All of them but those of bootstrap.yaml. */
  tenantObjects(): KubernetesObject[] {
    return this.objects().filter(({ metadata }) => metadata?.annotations?.[ANNOTATION_BOOTSTRAP] === undefined);
  }

  #write(ref: ObjectRef, object: KubernetesObject): Stored {
    const path = pathOf(ref);
    const found = this.#objects.get(path);
    const uid = object.metadata?.uid;
    if (uid !== undefined && found === undefined)
      throw conflict(ref, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
    if (uid !== undefined && uid !== found?.metadata.uid) {
      throw new ClusterError(
        422,
        "Invalid",
        `${ref.kind} "${ref.name}" is invalid: metadata.uid: Invalid value: "${uid}": field is immutable (apply: 422)`,
      );
    }
    if (found === undefined && ref.namespace !== undefined) this.#requireNamespace(ref);
    const { metadata, ...content } = object;
    const kept = found?.metadata ?? { uid: randomUUID(), creationTimestamp: new Date() };
    const { uid: itsUid, creationTimestamp, deletionTimestamp } = kept as Stored["metadata"];
    const server = { uid: itsUid, creationTimestamp, ...(deletionTimestamp && { deletionTimestamp }) } as Stored["metadata"];
    const next = clone({ ...content, metadata: { ...metadata, ...server } }) as Stored;
    if (
      found !== undefined &&
      JSON.stringify({ ...found, metadata: { ...found.metadata, resourceVersion: undefined } }) === JSON.stringify(next)
    )
      return found;
    this.#touch(next);
    this.#objects.set(path, next);
    return next;
  }

  #touch({ metadata }: Stored): void {
    this.#version += 1;
    metadata.resourceVersion = String(this.#version);
  }

  /** Admission as shared/manifests/bootstrap/generation-policy.ts has it, for what carries our label. */
  #admit(ref: ObjectRef, object: KubernetesObject): void {
    if (object.metadata?.labels?.[LABEL_MANAGED_BY] !== MANAGED_BY) return;
    const generationOf = (of: KubernetesObject | undefined): number | undefined => {
      const text = of?.metadata?.annotations?.[ANNOTATION_GENERATION] ?? "";
      return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
    };
    const deny = (message: string): ClusterError => {
      const what = `ValidatingAdmissionPolicy 'tenantry-generation' with binding 'tenantry-generation' denied request: ${message}`;
      return new ClusterError(422, "Invalid", `${ref.kind} "${ref.name}" is forbidden: ${what} (apply ${ref.kind} ${ref.name}: 422)`);
    };
    const next = generationOf(object);
    if (next === undefined) throw deny(`the annotation ${ANNOTATION_GENERATION} is missing or not a number`);
    const last = generationOf(this.#objects.get(pathOf(ref)));
    if (last !== undefined && next < last) throw deny(`generation ${next} is lower than ${last}, with which the object was last applied`);
    if (ref.namespace === undefined) return;
    const around = generationOf(this.#objects.get(pathOf({ apiVersion: "v1", kind: "Namespace", name: ref.namespace })));
    if (around !== undefined && next < around)
      throw deny(`generation ${next} is lower than ${around}, with which the namespace was last applied`);
  }

  #requireNamespace({ kind, name, namespace = "" }: ObjectRef): void {
    const parent = this.#objects.get(pathOf({ apiVersion: "v1", kind: "Namespace", name: namespace }));
    if (parent === undefined)
      throw new ClusterError(404, "NotFound", `namespaces "${namespace}" not found (apply ${kind} ${namespace}/${name}: 404)`);
    if (parent.metadata.deletionTimestamp !== undefined) {
      throw new ClusterError(
        403,
        "Forbidden",
        `${kind} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated (apply: 403)`,
      );
    }
  }

  async #call<T>(call: ClusterCall, signal: AbortSignal, effect: () => T): Promise<T> {
    this.calls.push(call);
    const live = (): void => {
      if (signal.aborted) throw new ClusterError(undefined, "Aborted", `${call.verb}: given up by the caller`);
    };
    if (call.ref !== undefined && call.verb !== "list") pathOf(call.ref); // As the client refuses kinds and names.
    live();
    await this.before?.(call);
    live();
    const answer = effect();
    await this.after?.(call);
    return answer;
  }
}

/** A cluster in memory to which bootstrap.yaml was applied. */
export function aBootstrappedCluster(platform: Platform, options: MemoryClusterOptions = {}): MemoryCluster {
  const cluster = new MemoryCluster(options);
  for (const { object } of bootstrapObjects(platform)) cluster.put(object);
  return cluster;
}

/** RFC 7396. */
function merge(target: Record<string, unknown>, patch: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(patch)) {
    const inner = target[key];
    if (value === null) delete target[key];
    else if (typeof value === "object" && !Array.isArray(value) && typeof inner === "object" && inner !== null)
      merge(inner as Record<string, unknown>, value as Record<string, unknown>);
    else target[key] = value;
  }
}

const conflict = ({ kind, name }: ObjectRef, message: string): ClusterError =>
  new ClusterError(409, "Conflict", `${message} (${kind} ${name}: 409)`);
