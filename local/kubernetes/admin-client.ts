import { Agent, request } from "node:https";
import type { Certificate } from "./certificates.ts";

export interface KubeAnswer {
  status: number;
  body: string;
}

export interface KubeRequest {
  method?: string;
  path: string;
  body?: string;
  contentType?: string;
}

/** The cluster administrator's HTTP client, for setting the cluster up; the service has its own, with its own identity. */
export class AdminClient {
  readonly #server: URL;
  readonly #agent: Agent;

  constructor(server: string, caPem: string, user: Certificate) {
    this.#server = new URL(server);
    this.#agent = new Agent({ ca: caPem, cert: user.cert, key: user.key, keepAlive: true });
  }

  send({ method = "GET", path, body, contentType = "application/json" }: KubeRequest): Promise<KubeAnswer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#server;
      const headers = body === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(body) };
      const outgoing = request({ agent: this.#agent, hostname, port, path, method, headers, timeout: 15_000 }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
        incoming.once("error", reject);
      });
      outgoing.once("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer within 15 s`)));
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  /** Server-side apply; `manifest` may be YAML. */
  async apply(path: string, manifest: string): Promise<void> {
    const answer = await this.send({
      method: "PATCH",
      path: `${path}?fieldManager=local-stack&force=true`,
      body: manifest,
      contentType: "application/apply-patch+yaml",
    });
    if (answer.status >= 300) throw new Error(`apply ${path}: ${answer.status} ${answer.body}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}
