import type { KubernetesObject } from "@kubernetes/client-node";
import { FIELD_MANAGER } from "../../manifests/identity.ts";
import { type ClusterApi, ClusterError, type ObjectRef } from "../../ports.ts";
import { type Answer, errorOfAnswer, isAbsent } from "./errors.ts";
import { pathOf, pathOfVersion } from "./path.ts";
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

  async apply(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const ref = refOf(object);
    const request: KubeRequest = {
      method: "PATCH",
      path: `${pathOf(ref)}?fieldManager=${FIELD_MANAGER}&force=true`,
      contentType: "application/apply-patch+yaml", // JSON is YAML.
      body: JSON.stringify(object),
      what: describe("apply", ref),
    };
    return objectOf(request, await this.#requests.send(request, signal));
  }

  async delete(ref: ObjectRef, { uid }: { uid?: string | undefined }, signal: AbortSignal): Promise<void> {
    const options = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      ...(uid !== undefined && { preconditions: { uid } }),
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

  async serves(apiVersion: string, signal: AbortSignal): Promise<boolean> {
    const request: KubeRequest = { method: "GET", path: pathOfVersion(apiVersion), what: `look for the API ${apiVersion}` };
    const answer = await this.#requests.send(request, signal);
    if (answer.status === 404) return false;
    succeeded(request, answer);
    return true;
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

function objectOf(request: KubeRequest, answer: Answer): KubernetesObject {
  succeeded(request, answer);
  try {
    return JSON.parse(answer.body) as KubernetesObject;
  } catch {
    throw new ClusterError(undefined, "Unreachable", `the answer is not JSON; is the endpoint an API server? (${request.what})`);
  }
}
