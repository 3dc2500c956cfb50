import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface OktaUser {
  id: string;
  login: string;
  status?: "ACTIVE" | "SUSPENDED" | "DEPROVISIONED" | "LOCKED_OUT";
}

/** Okta's Groups and Users API, as documented, on loopback: pages by `Link`, rate limits, SSWS tokens. */
export class OktaServer {
  readonly token = "00-a-token-of-okta";
  readonly groups = new Map<string, { name: string; members: OktaUser[] }>();
  users: OktaUser[] = [];
  readonly asked: string[] = [];
  /** Answers for the next requests instead of what was asked for. */
  readonly faults: { status: number; headers?: Record<string, string> }[] = [];
  pageSize = 2;
  nextOrigin: string | undefined;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this.url;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    this.asked.push(`${url.pathname}${url.searchParams.has("search") ? ` ${url.searchParams.get("search")}` : ""}`);
    const fault = this.faults.shift();
    if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end("{}");
    if (request.headers.authorization !== `SSWS ${this.token}`) return void response.writeHead(401).end("{}");
    const items = this.#list(url);
    const after = Number(url.searchParams.get("after") ?? 0);
    const size = Math.min(this.pageSize, Number(url.searchParams.get("limit") ?? 1_000));
    const next = new URL(url);
    next.searchParams.set("after", String(after + size));
    const link = [`<${url}>; rel="self"`];
    if (after + size < items.length)
      link.push(`<${(this.nextOrigin ?? "") === "" ? next : next.href.replace(next.origin, this.nextOrigin ?? "")}>; rel="next"`);
    response.writeHead(200, { "content-type": "application/json", link, "x-rate-limit-remaining": "500" });
    response.end(JSON.stringify(items.slice(after, after + size)));
  }

  #list({ pathname, searchParams }: URL): object[] {
    const [, groupId] = /^\/api\/v1\/groups\/([^/]+)\/users$/.exec(pathname) ?? [];
    if (groupId !== undefined) return (this.groups.get(decodeURIComponent(groupId))?.members ?? []).map(userBody);
    const search = searchParams.get("search") ?? "";
    if (pathname === "/api/v1/users") return this.users.filter(({ status = "ACTIVE" }) => search.includes(status)).map(userBody);
    const [, operator, name = ""] = /^profile\.name (eq|sw) (".*")$/.exec(search) ?? [];
    const wanted = name === "" ? "" : (JSON.parse(name) as string);
    return [...this.groups]
      .filter(([, group]) => (operator === "eq" ? group.name === wanted : group.name.startsWith(wanted)))
      .map(([id, group]) => ({ id, type: "OKTA_GROUP", profile: { name: group.name, description: null } }));
  }
}

const userBody = ({ id, login, status = "ACTIVE" }: OktaUser) => ({ id, status, profile: { login, email: login } });
