import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import { type AccessRight, describeRight } from "../../domain/access-right.ts";
import { FIELD_MANAGER } from "../../manifests/identity.ts";
import { type ClusterApi, ClusterError, type ClusterScopedFind, type ListPage, type ListQuery, type ObjectRef } from "../../ports.ts";
import { findClusterScoped } from "./discovery.ts";
import { type Answer, errorOfAnswer, isAbsent } from "./errors.ts";
import { pathOf, pathOfList, pathOfVersion } from "./path.ts";
import type { KubeRequest, Requests } from "./request.ts";

/** The API of one cluster, on shared connections. */
export class KubernetesClient implements ClusterApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    const request: KubeRequest = { method: "GET", path: pathOf(ref), what: describe("get", ref) };
    const answer = await this.#requests.send(request, signal);
    return isAbsent(answer) ? undefined : objectOf(request, answer);
  }

  async apply(
    object: KubernetesObject,
    signal: AbortSignal,
    { dryRun = false }: { dryRun?: boolean | undefined } = {},
  ): Promise<KubernetesObject> {
    const ref = refOf(object);
    const request: KubeRequest = {
      method: "PATCH",
      path: `${pathOf(ref)}?fieldManager=${FIELD_MANAGER}&force=true${dryRun ? "&dryRun=All" : ""}`,
      contentType: "application/apply-patch+yaml", // JSON is YAML.
      body: JSON.stringify(object),
      what: describe("apply", ref),
    };
    return objectOf(request, await this.#requests.send(request, signal));
  }

  async delete(
    ref: ObjectRef,
    { uid, resourceVersion }: { uid?: string | undefined; resourceVersion?: string | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const options = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      ...(uid !== undefined && { preconditions: { uid, resourceVersion } }),
    };
    const request: KubeRequest = {
      method: "DELETE",
      path: pathOf(ref),
      contentType: "application/json",
      body: JSON.stringify(options),
      what: describe("delete", ref),
    };
    const answer = await this.#requests.send(request, signal);
    if (!isAbsent(answer)) succeeded(request, answer);
  }

  async list(query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    const { apiVersion, kind, labelSelector, limit = 500 } = query;
    const search = new URLSearchParams({ limit: String(limit), ...(labelSelector !== undefined && { labelSelector }) });
    if (query.continue !== undefined) search.set("continue", query.continue);
    const request: KubeRequest = {
      method: "GET",
      path: `${pathOfList(query)}?${search}`,
      what: `list ${kind} ${query.namespace ?? ""}`.trimEnd(),
    };
    const page = parsed<KubernetesListObject<KubernetesObject>>(request, await this.#requests.send(request, signal));
    // As it goes over the wire: the client library's classes rename it.
    const next = (page.metadata as { continue?: string } | undefined)?.continue;
    // A list's items come without them. Set in place: they may be thousands, and nobody else has them yet.
    for (const item of page.items) {
      item.apiVersion = apiVersion;
      item.kind = kind;
    }
    return { items: page.items, ...(next && { continue: next }) };
  }

  async patch(
    ref: ObjectRef,
    patch: object,
    { subresource }: { subresource?: "scale" | undefined },
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined> {
    const request: KubeRequest = {
      method: "PATCH",
      path: `${pathOf(ref)}${subresource === undefined ? "" : `/${subresource}`}?fieldManager=${FIELD_MANAGER}`,
      contentType: "application/merge-patch+json",
      body: JSON.stringify(patch),
      what: describe("patch", ref),
    };
    const answer = await this.#requests.send(request, signal);
    return isAbsent(answer) ? undefined : objectOf(request, answer);
  }

  findClusterScoped(labelSelector: string, signal: AbortSignal): Promise<ClusterScopedFind> {
    return findClusterScoped(this.#requests, labelSelector, signal);
  }

  async finalizeNamespace(name: string, signal: AbortSignal): Promise<void> {
    const ref = { apiVersion: "v1", kind: "Namespace", name };
    const namespace = await this.get(ref, signal);
    if (namespace === undefined) return;
    const request: KubeRequest = {
      method: "PUT",
      path: `${pathOf(ref)}/finalize`,
      contentType: "application/json",
      body: JSON.stringify({ ...namespace, spec: { finalizers: [] } }),
      what: describe("finalize", ref),
    };
    const answer = await this.#requests.send(request, signal);
    if (!isAbsent(answer)) succeeded(request, answer);
  }

  async serves(apiVersion: string, signal: AbortSignal): Promise<boolean> {
    const request: KubeRequest = { method: "GET", path: pathOfVersion(apiVersion), what: `look for the API ${apiVersion}` };
    const answer = await this.#requests.send(request, signal);
    if (answer.status === 404) return false;
    succeeded(request, answer);
    return true;
  }

  async allows(right: AccessRight, signal: AbortSignal): Promise<boolean> {
    const request: KubeRequest = {
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      contentType: "application/json",
      body: JSON.stringify({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: right },
      }),
      what: `review whether we may ${describeRight(right)}`,
    };
    const { status } = parsed<{ status?: { allowed?: unknown } }>(request, await this.#requests.send(request, signal));
    return status?.allowed === true;
  }
}

/** Reference of an object that is to be applied. Throws `ClusterError` (400) where it lacks a part. */
export function refOf({ apiVersion, kind, metadata }: KubernetesObject): ObjectRef {
  if (apiVersion === undefined || kind === undefined || metadata?.name === undefined) {
    throw new ClusterError(
      400,
      "BadRequest",
      `An object lacks its apiVersion, kind or name: ${apiVersion ?? "?"} ${kind ?? "?"} ${metadata?.name ?? "?"}`,
    );
  }
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

const describe = (verb: string, { kind, namespace, name }: ObjectRef): string =>
  `${verb} ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

function succeeded({ what }: KubeRequest, answer: Answer): void {
  if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(what, answer);
}

const objectOf = (request: KubeRequest, answer: Answer): KubernetesObject => parsed<KubernetesObject>(request, answer);

function parsed<T>(request: KubeRequest, answer: Answer): T {
  succeeded(request, answer);
  try {
    return JSON.parse(answer.body) as T;
  } catch {
    throw new ClusterError(undefined, "Unreachable", `the answer is not JSON; is the endpoint an API server? (${request.what})`);
  }
}
