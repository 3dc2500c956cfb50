import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createAuthority } from "../../local/kubernetes/certificates.ts";

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Scripted {
  status?: number;
  headers?: Record<string, string>;
  /** JSON, or text as it is. */
  body?: unknown;
  /** Milliseconds before the answer. */
  delayMs?: number;
  /** Breaks the connection instead of answering. */
  reset?: boolean;
}

export interface TlsServer {
  /** As a kubeconfig's cluster. */
  cluster: { name: string; server: string; caData: string };
  received: Received[];
  /** TLS connections accepted. */
  connections(): number;
  /** What to answer, in turn; the last answer stands. */
  script(...answers: (Scripted | ((request: Received) => Scripted))[]): void;
  close(): Promise<void>;
}

/** A scripted HTTPS server on the loopback interface, with a certificate of its own authority. */
export async function startTlsServer({
  protocol = "h2",
  hosts = ["127.0.0.1"],
}: {
  protocol?: "h2" | "http/1.1";
  hosts?: string[];
} = {}): Promise<TlsServer> {
  const authority = createAuthority("test");
  const { cert, key } = authority.issue({ commonName: "server", hosts });
  const received: Received[] = [];
  let answers: (Scripted | ((request: Received) => Scripted))[] = [{}];
  const sockets = new Set<Socket>();
  let connections = 0;

  const listen = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      const one: Received = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
      received.push(one);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      const {
        status = 200,
        headers: more = {},
        body = {},
        delayMs = 0,
        reset = false,
      } = (typeof next === "function" ? next(one) : next) ?? {};
      if (reset) return breakAll();
      setTimeout(() => {
        if (response.writableEnded || response.destroyed) return;
        response.writeHead(status, { "content-type": "application/json", ...more });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      }, delayMs).unref();
    });
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  const server = (protocol === "h2" ? createSecureServer({ cert, key }, listen) : createServer({ cert, key }, listen as never)) as Server;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    cluster: {
      name: "test",
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      caData: Buffer.from(authority.cert).toString("base64"),
    },
    received,
    connections: () => connections,
    script: (...next) => {
      answers = next;
    },
    async close() {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
