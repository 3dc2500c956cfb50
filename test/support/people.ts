import type { JWTPayload } from "jose";
import { Agent, request } from "undici";
import { issuerBeside, mintUserToken } from "../../local/kubernetes/user-token.ts";
import { encodeUserId } from "../../shared/domain/access.ts";
import { realApiServer } from "./faulty-cluster.ts";
import { api, until } from "./stack.ts";

/** The issuer that the cluster of the tests takes people's tokens from. */
export const theIssuer = () => issuerBeside(process.env["KUBECONFIG"] ?? "");

/** A person's token, as they would get it by signing in; `claims` go over those of a good one. */
export const signIn = async (userId: string, claims: JWTPayload = {}): Promise<string> => mintUserToken(await theIssuer(), userId, claims);

export interface KubeAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever came.
  body: any;
}

/** Asks the cluster's API server with nothing but a bearer token. */
export async function askCluster(
  token: string | undefined,
  path: string,
  { method = "GET", body }: { method?: "GET" | "POST" | "DELETE"; body?: object } = {},
): Promise<KubeAnswer> {
  const { server, caData } = realApiServer();
  const dispatcher = new Agent({ connect: { ca: Buffer.from(caData, "base64").toString("utf8") } });
  try {
    const headers = { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const answer = await request(`${server}${path}`, {
      dispatcher,
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text.startsWith("{") ? JSON.parse(text) : text };
  } finally {
    await dispatcher.close();
  }
}

const pathOf = (tenantId: string, userId: string, role: string): string =>
  `/tenants/${tenantId}/grants/${encodeURIComponent(encodeUserId(userId))}/${role}`;

/** Grants through the API, and waits until the cluster has it so. */
export async function grant(tenantId: string, userId: string, role: string, body: { expiresAt?: string } = {}): Promise<void> {
  const path = pathOf(tenantId, userId, role);
  const { status, body: answered } = await api("PUT", path, body);
  if (![200, 201, 202].includes(status)) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(answered)}`);
  await until(`${userId} to be ${role} of ${tenantId}`, async () => ((await api("GET", path)).body.applied === true ? true : undefined));
}

/** Revokes through the API, and waits until the cluster has it so. */
export async function revoke(tenantId: string, userId: string, role: string): Promise<void> {
  const path = pathOf(tenantId, userId, role);
  const { status, body } = await api("DELETE", path);
  if (status === 204) return;
  if (status !== 202) throw new Error(`DELETE ${path}: ${status} ${JSON.stringify(body)}`);
  await until(`${userId} not to be ${role} of ${tenantId}`, async () => ((await api("GET", path)).status === 404 ? true : undefined));
}
