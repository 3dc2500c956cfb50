import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { type HttpHandler, httpHandler } from "../../../shared/http/handler.ts";
import type { HttpRequest, Operations } from "../../../shared/http/request.ts";
import type { Routes } from "../../../shared/http/route.ts";

export const everyScope =
  "tenantry/tenants.read tenantry/tenants.write tenantry/access.read tenantry/access.write tenantry/clusters.read tenantry/clusters.write";

export interface Asked {
  method: string;
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Sent as JSON unless it is a string. */
  body?: unknown;
  claims?: Record<string, unknown> | undefined;
  stage?: string;
  base64?: boolean;
}

/** A payload 2.0 event as API Gateway's HTTP API sends it. */
export function httpEvent({
  method,
  path,
  query,
  headers,
  body,
  claims,
  stage = "$default",
  base64 = false,
}: Asked): APIGatewayProxyEventV2 {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return {
    version: "2.0",
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    ...(query && { queryStringParameters: query }),
    headers: { ...(text !== undefined && { "content-type": "application/json" }), ...headers },
    requestContext: {
      accountId: "111122223333",
      apiId: "api",
      domainName: "api.example",
      domainPrefix: "api",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "request-1",
      routeKey: `${method} ${path}`,
      stage,
      time: "31/Jan/2030:12:00:00 +0000",
      timeEpoch: 1896091200000,
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    isBase64Encoded: base64,
    ...(text !== undefined && { body: base64 ? Buffer.from(text, "latin1").toString("base64") : text }),
  } as APIGatewayProxyEventV2;
}

export const admin = { sub: "ada", scope: everyScope };
const context = { getRemainingTimeInMillis: () => 29_000, awsRequestId: "aws-1" } as Context;

export interface Sent {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  body: any;
}

/** An area's handler whose operations only note what reached them. */
export function harness<R extends Routes>(routes: R, answer: (request: HttpRequest) => unknown = () => ({ ok: true })) {
  const seen: { operationId: string; request: HttpRequest }[] = [];
  const logged: { message: string; extra: Record<string, unknown> | undefined }[] = [];
  const operations = Object.fromEntries(
    Object.keys(routes).map((operationId) => [
      operationId,
      async (request: HttpRequest) => {
        seen.push({ operationId, request });
        return { status: 200, body: await answer(request) };
      },
    ]),
  ) as unknown as Operations<R>;
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (message: string, extra?: Record<string, unknown>) => void logged.push({ message, extra }),
  };
  const handler: HttpHandler = httpHandler(routes, operations, { log, clock: { now: () => new Date("2030-01-31T12:00:00Z") } });
  const send = async (asked: Asked): Promise<Sent> => {
    const answered = await handler(httpEvent({ claims: admin, ...asked }), context);
    return {
      status: answered.statusCode ?? 0,
      headers: answered.headers ?? {},
      body: answered.body === undefined ? undefined : JSON.parse(answered.body),
    };
  };
  return { send, seen, logged };
}
