import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AccessEntries } from "./access-entries.ts";
import type { MappedIdentity } from "../kubernetes/authenticator.ts";

/** What DescribeCluster must say so that a client reaches the embedded API server. */
export interface EksCluster {
  name: string;
  endpoint: string;
  caPem: string;
  /** Told of all access entries that came by this endpoint, before who changed one has the answer. */
  entriesChanged?: (entries: MappedIdentity[]) => Promise<void>;
}

export interface EksEndpoint {
  url: string;
  /** Until this is called there is no such cluster beyond what the embedded EKS knows. */
  announce(cluster: EksCluster): void;
  stop(): Promise<void>;
}

/**
 * Stands before the embedded EKS. Every call goes there, so that IAM judges it and the trail records it; only
 * DescribeCluster of an announced cluster gets the endpoint and the CA of the real API server written into its answer, and
 * the cluster's authenticator hears of its access entries.
 */
export async function startEksEndpoint(awsEndpoint: string): Promise<EksEndpoint> {
  const clusters = new Map<string, EksCluster>();
  const entries = new AccessEntries();
  const server = createServer((incoming, outgoing) => {
    relay(awsEndpoint, clusters, entries, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify({ message: String(error) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    announce: (cluster) => clusters.set(cluster.name, cluster),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function relay(
  awsEndpoint: string,
  clusters: Map<string, EksCluster>,
  entries: AccessEntries,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const answer = await ask(awsEndpoint, incoming);
  const changed = answer.status === 200 ? entries.follow(incoming.method, incoming.url, answer.body) : undefined;
  if (changed !== undefined) await clusters.get(changed)?.entriesChanged?.(entries.of(changed));
  const name = incoming.method === "GET" ? /^\/clusters\/([^/?]+)$/.exec(incoming.url ?? "")?.[1] : undefined;
  const cluster = name === undefined ? undefined : clusters.get(decodeURIComponent(name));
  const body = cluster && answer.status === 200 ? withRealCluster(answer.body, cluster) : answer.body;
  const { "content-length": _length, "transfer-encoding": _encoding, connection: _connection, ...headers } = answer.headers;
  outgoing.writeHead(answer.status, headers).end(body);
}

function withRealCluster(body: string, { endpoint, caPem }: EksCluster): string {
  const { cluster } = JSON.parse(body) as { cluster: Record<string, unknown> };
  const certificateAuthority = { data: Buffer.from(caPem).toString("base64") };
  return JSON.stringify({ cluster: { ...cluster, status: "ACTIVE", endpoint, certificateAuthority } });
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function ask(awsEndpoint: string, incoming: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = new URL(awsEndpoint);
    const { hostname, port } = target;
    const { method = "GET", url: path, headers } = incoming;
    const outgoing = request({ hostname, port, path, method, headers, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("end", () => {
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error("the embedded EKS did not answer")));
    outgoing.once("error", reject);
    incoming.pipe(outgoing);
  });
}
