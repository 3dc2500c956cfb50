import { request, Agent } from "undici";
import { KubeConfig } from "@kubernetes/client-node";

/** What the API server serves: `pods`, `pods/exec`, `deployments.apps`, ... */
export interface ServedResource {
  group: string;
  resource: string;
  subresource: string;
  namespaced: boolean;
}
export interface Question {
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  /** Empty: the cluster, which is every namespace. */
  namespace?: string;
  name?: string;
  /** A path that is no resource's, instead of all the others. */
  path?: string;
}

export const nameOf = ({ group, resource, subresource }: ServedResource): string =>
  `${resource}${group && `.${group}`}${subresource && `/${subresource}`}`;

/** Asks the API server, as its administrator, what others may do. */
export class AccessReviews {
  readonly #server: string;
  readonly #dispatcher: Agent;

  constructor() {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(process.env["KUBECONFIG"] ?? "");
    const [cluster, user] = [kubeConfig.getCurrentCluster(), kubeConfig.getCurrentUser()];
    const pem = (data = ""): string => Buffer.from(data, "base64").toString("utf8");
    this.#server = cluster?.server ?? "";
    const connect = { ca: pem(cluster?.caData), cert: pem(user?.certData), key: pem(user?.keyData) };
    this.#dispatcher = new Agent({ connect, connections: 8 });
  }

  async #send(method: "GET" | "POST", path: string, body?: object) {
    const headers = { "content-type": "application/json" };
    const options = { dispatcher: this.#dispatcher, method, headers, body: body === undefined ? null : JSON.stringify(body) };
    const answer = await request(`${this.#server}${path}`, options);
    // biome-ignore lint/suspicious/noExplicitAny: the API server's own shapes
    const json = (await answer.body.json()) as any;
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${JSON.stringify(json)}`);
    return json;
  }

  /** Every resource of the groups' preferred versions, less the groups of custom resources. */
  async served(): Promise<ServedResource[]> {
    const { groups } = (await this.#send("GET", "/apis")) as { groups: { name: string; preferredVersion: { groupVersion: string } }[] };
    const own = groups.filter(({ name }) => !name.includes(".") || name.endsWith(".k8s.io"));
    const paths = ["/api/v1", ...own.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
    const lists = (await Promise.all(paths.map((path) => this.#send("GET", path)))) as {
      groupVersion: string;
      resources: { name: string; namespaced: boolean }[];
    }[];
    return lists.flatMap(({ groupVersion, resources }) =>
      resources.map(({ name, namespaced }) => {
        const [resource = "", subresource = ""] = name.split("/");
        return { group: groupVersion.includes("/") ? (groupVersion.split("/")[0] ?? "") : "", resource, subresource, namespaced };
      }),
    );
  }

  async allows(user: string, { path, ...attributes }: Question): Promise<boolean> {
    const { status } = await this.#send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user,
        groups: ["system:authenticated"],
        ...(path === undefined ? { resourceAttributes: attributes } : { nonResourceAttributes: { path, verb: attributes.verb } }),
      },
    });
    return status.allowed === true;
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }
}
