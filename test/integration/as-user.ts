import { request } from "node:https";
import { KubeConfig, type KubernetesObject } from "@kubernetes/client-node";
import { pathOf } from "../../shared/adapters/kubernetes/path.ts";

export interface Answer {
  status: number;
  /** `Status.message`, or nothing. */
  message: string;
  body: Record<string, unknown>;
}

/** A user of the cluster, played by its administrator through impersonation. Without groups: the administrator itself. */
export class AsUser {
  readonly #user: { name: string; groups: string[] } | undefined;
  readonly #kubeConfig = new KubeConfig();

  constructor(user?: { name: string; groups: string[] }) {
    const path = process.env["KUBECONFIG"];
    if (!path) throw new Error("KUBECONFIG is not set: these tests need the kubeconfig of a running API server.");
    this.#kubeConfig.loadFromFile(path);
    this.#user = user;
  }

  async send(method: string, path: string, body?: object, contentType = "application/json"): Promise<Answer> {
    const server = this.#kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new Error("The kubeconfig names no cluster.");
    const headers: Record<string, string | string[]> = { "content-type": contentType };
    if (this.#user !== undefined) Object.assign(headers, { "Impersonate-User": this.#user.name, "Impersonate-Group": this.#user.groups });
    const options = { method, headers };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, server), options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("error", reject);
        incoming.once("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const answer = (
            incoming.headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : { message: text }
          ) as Record<string, unknown>;
          resolve({ status: incoming.statusCode ?? 0, message: String(answer["message"] ?? ""), body: answer });
        });
      });
      outgoing.once("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Server-side apply with force, as the service does it. */
  apply(object: KubernetesObject): Promise<Answer> {
    return this.applyAt(pathOf(refOf(object)), object);
  }

  applyAt(path: string, object: KubernetesObject): Promise<Answer> {
    return this.send("PATCH", `${path}?fieldManager=tenantry&force=true`, object, "application/apply-patch+yaml");
  }

  delete(object: KubernetesObject): Promise<Answer> {
    return this.send("DELETE", pathOf(refOf(object)));
  }
}

function refOf(object: KubernetesObject): Parameters<typeof pathOf>[0] {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion: apiVersion ?? "", kind: kind ?? "", name: metadata?.name ?? "", namespace: metadata?.namespace };
}
