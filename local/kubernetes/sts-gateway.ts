import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Authority } from "./certificates.ts";

export interface StsGateway {
  proxyUrl: string;
  stop(): Promise<void>;
}

/**
 * An HTTPS proxy that answers for STS alone:
 *
 *   authenticator --CONNECT sts.<region>.amazonaws.com:443--> here --TLS ends here--> embedded STS (HTTP)
 *
 * The embedded STS answers GetCallerIdentity in XML whatever is asked for; AWS honours `Accept: application/json`,
 * which is what the authenticator reads, so the answer is turned here.
 */
export async function startStsGateway(ca: Authority, awsEndpoint: string): Promise<StsGateway> {
  const serving = ca.issue({ commonName: "sts", hosts: ["sts.amazonaws.com", "sts.us-east-1.amazonaws.com"] });
  const tls = createTlsServer({ cert: serving.cert, key: serving.key }, (incoming, outgoing) => {
    forward(awsEndpoint, incoming, outgoing).catch((error: unknown) => outgoing.writeHead(502).end(String(error)));
  });
  const proxy = createServer((_incoming, outgoing) => outgoing.writeHead(405).end());
  const sockets = new Set<Socket>();
  proxy.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  proxy.on("connect", (incoming: IncomingMessage, socket: Socket) => {
    socket.on("error", () => socket.destroy());
    if (!/^sts\.([a-z0-9-]+\.)?amazonaws\.com:443$/.test(incoming.url ?? "")) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    tls.emit("connection", socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

async function forward(awsEndpoint: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { status, body } = await ask(awsEndpoint, incoming);
  const json = status === 200 ? toJson(body) : undefined;
  outgoing.writeHead(status, { "content-type": json ? "application/json" : "text/xml" }).end(json ?? body);
}

function ask(awsEndpoint: string, incoming: IncomingMessage): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const target = new URL(incoming.url ?? "/", awsEndpoint);
    const { accept: _accept, ...headers } = incoming.headers;
    const outgoing = request(target, { method: incoming.method ?? "GET", headers, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("end", () => resolve({ status: answer.statusCode ?? 502, body: Buffer.concat(chunks).toString("utf8") }));
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error("the embedded STS did not answer")));
    outgoing.once("error", reject);
    incoming.pipe(outgoing);
  });
}

function toJson(xml: string): string | undefined {
  const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  if (!xml.includes("GetCallerIdentityResult")) return undefined;
  return JSON.stringify({
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { Account: field("Account"), Arn: field("Arn"), UserId: field("UserId") },
      ResponseMetadata: { RequestId: field("RequestId") },
    },
  });
}
