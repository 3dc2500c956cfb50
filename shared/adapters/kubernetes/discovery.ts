import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import pLimit from "p-limit";
import type { ClusterScopedFind, ObjectRef } from "../../ports.ts";
import { ClusterError } from "../../ports.ts";
import { errorOfAnswer } from "./errors.ts";
import type { Requests } from "./request.ts";

/** Aggregated discovery: all groups, versions and resources in one answer each for `/api` and `/apis`. */
const ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface GroupDiscovery {
  items: {
    metadata?: { name?: string };
    versions: {
      version: string;
      resources?: { resource: string; responseKind?: { kind: string }; scope: "Cluster" | "Namespaced"; verbs: string[] }[];
    }[];
  }[];
}

interface Kind {
  apiVersion: string;
  kind: string;
  /** `plural.group`. */
  name: string;
  path: string;
}

/** Lists under way at once. */
const LISTS = 6;

/** Looks for cluster-scoped objects with a label, of every kind that is served. A kind that may not be listed is named. Throws `ClusterError`. */
export async function findClusterScoped(requests: Requests, labelSelector: string, signal: AbortSignal): Promise<ClusterScopedFind> {
  const kinds = (await Promise.all(["/api", "/apis"].map((path) => discover(requests, path, signal)))).flat();
  const limit = pLimit(LISTS);
  const looked = await Promise.all(kinds.map((kind) => limit(() => look(requests, kind, labelSelector, signal))));
  return {
    found: looked.flatMap((refs) => refs ?? []),
    kindsChecked: looked.filter((refs) => refs !== undefined).length,
    kindsUnchecked: kinds.filter((_, index) => looked[index] === undefined).map(({ name }) => name),
  };
}

async function discover(requests: Requests, path: string, signal: AbortSignal): Promise<Kind[]> {
  const answer = await requests.send({ method: "GET", path, accept: ACCEPT, what: `discover ${path}` }, signal);
  if (answer.status !== 200) throw errorOfAnswer(`discover ${path}`, answer);
  const { items } = JSON.parse(answer.body) as GroupDiscovery;
  return items.flatMap(({ metadata, versions }) => {
    const group = metadata?.name ?? "";
    const [preferred] = versions;
    const apiVersion = group === "" ? (preferred?.version ?? "") : `${group}/${preferred?.version}`;
    const resources = preferred?.resources ?? [];
    return (
      resources
        // What nobody can write (componentstatuses), nobody can have left.
        .filter(({ scope, verbs }) => scope === "Cluster" && verbs.includes("list") && verbs.includes("patch"))
        .map(({ resource, responseKind }) => ({
          apiVersion,
          kind: responseKind?.kind ?? resource,
          name: group === "" ? resource : `${resource}.${group}`,
          path: `${path}/${apiVersion}/${resource}`,
        }))
    );
  });
}

/** `undefined` where the kind may not be listed, or is served no more. */
async function look(
  requests: Requests,
  { apiVersion, kind, path }: Kind,
  labelSelector: string,
  signal: AbortSignal,
): Promise<ObjectRef[] | undefined> {
  const query = new URLSearchParams({ labelSelector, limit: "100" });
  const answer = await requests.send({ method: "GET", path: `${path}?${query}`, what: `list ${kind}` }, signal);
  if ([403, 404, 405].includes(answer.status)) return undefined;
  if (answer.status !== 200) throw errorOfAnswer(`list ${kind}`, answer);
  try {
    const { items = [] } = JSON.parse(answer.body) as Partial<KubernetesListObject<KubernetesObject>>;
    return items.map(({ metadata }) => ({ apiVersion, kind, name: metadata?.name ?? "" }));
  } catch (cause) {
    throw new ClusterError(undefined, "Unreachable", `the answer is not JSON (list ${kind})`, { cause });
  }
}
