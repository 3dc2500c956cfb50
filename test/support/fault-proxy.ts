import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Agent, request as send } from "undici";
import { createAuthority } from "../../local/kubernetes/certificates.ts";

/** A request as it came in at the proxy. */
export interface Passing {
  method: string;
  /** Path and query. */
  path: string;
  body: string;
  /** How many came before it since the proxy began. */
  index: number;
  /** When it came, milliseconds since the epoch. */
  at: number;
}

/** What becomes of a request. `delayMs` is waited first. */
export type Fate = { delayMs?: number } & (
  | { kind: "pass" }
  | { kind: "answer"; status: number; headers?: Record<string, string>; body?: unknown }
  /** No answer, ever. */
  | { kind: "hang" }
  /** The connection breaks, and the API server heard nothing. */
  | { kind: "reset" }
  /** The API server does it, and the connection breaks before the answer. */
  | { kind: "lose" }
);

export interface FaultProxy {
  /** For `PUT /clusters/{name}`. */
  endpoint: string;
  /** PEM, base64. */
  certificateAuthority: string;
  /** Everything that came, with the status that the API server answered where it was asked. */
  seen: (Passing & { served?: number })[];
  /** Decides on every request from now on; without a decision it passes. */
  on(hook: (request: Passing) => Fate | undefined | Promise<Fate | undefined>): void;
  /** Ends the connections and refuses new ones, as an API server that is gone. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** The API server behind it. */
export interface Target {
  server: string;
  /** PEM, base64. */
  caData: string;
}

/** An API server's own words for an answer: a Kubernetes `Status`. */
export const statusAnswer = (code: number, reason: string, message: string, headers: Record<string, string> = {}): Fate => ({
  kind: "answer",
  status: code,
  headers,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", reason, message, code },
});

/**
 * Stands before the real API server under a certificate of an authority of its own, and does to each request what the test
 * says. The caller's token goes through untouched, so the API server judges the caller and not the proxy.
 */
export async function startFaultProxy(target: Target): Promise<FaultProxy> {
  const authority = createAuthority("fault-proxy");
  const { cert, key } = authority.issue({ commonName: "kube-apiserver", hosts: ["127.0.0.1"] });
  const upstream = new Agent({ connect: { ca: Buffer.from(target.caData, "base64").toString("utf8") } });
  const sockets = new Set<Socket>();
  const seen: FaultProxy["seen"] = [];
  let hook: Parameters<FaultProxy["on"]>[0] = () => undefined;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await textOf(incoming);
    const entry: FaultProxy["seen"][number] = {
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      body,
      index: seen.length,
      at: Date.now(),
    };
    seen.push(entry);
    const fate = (await hook(entry)) ?? { kind: "pass" };
    if (fate.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fate.delayMs).unref());
    if (fate.kind === "hang") return;
    if (fate.kind === "reset") return void incoming.socket.destroy();
    if (fate.kind === "answer") return finish(outgoing, scripted(fate));
    const answer = await forward(upstream, target.server, entry, incoming.headers);
    entry.served = answer.status;
    if (fate.kind === "lose") return void incoming.socket.destroy();
    finish(outgoing, answer);
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { "content-type": "text/plain" });
      outgoing.end(String(error));
    });
  };
  const server = createServer({ cert, key }, handle);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  const stop = (): Promise<unknown> => {
    const stopped = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    return stopped;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `https://127.0.0.1:${port}`,
    certificateAuthority: Buffer.from(authority.cert).toString("base64"),
    seen,
    on: (next) => {
      hook = next;
    },
    down: async () => {
      await stop();
    },
    up: () => listen(port),
    async close() {
      if (server.listening) await stop();
      await upstream.destroy();
    },
  };
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function finish(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  if (!outgoing.destroyed) outgoing.writeHead(status, headers).end(body);
}

const scripted = ({ status, headers = {}, body = "" }: Extract<Fate, { kind: "answer" }>): Answer => ({
  status,
  headers: { "content-type": typeof body === "string" ? "text/plain" : "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

async function forward(upstream: Agent, server: string, entry: Passing, headers: IncomingMessage["headers"]): Promise<Answer> {
  const names = ["authorization", "accept", "content-type", "user-agent"] as const;
  const passed = Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
  const {
    statusCode,
    headers: answered,
    body,
  } = await send(`${server}${entry.path}`, {
    dispatcher: upstream,
    method: entry.method as "GET",
    headers: passed,
    body: entry.body === "" ? null : entry.body,
  });
  return {
    status: statusCode,
    headers: { "content-type": String(answered["content-type"] ?? "application/json") },
    body: await body.text(),
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
