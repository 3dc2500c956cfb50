import middy from "@middy/core";
import httpRouter from "@middy/http-router";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { Clock, Log } from "../ports.ts";
import { authorise, authoriseBody, type Claims } from "./authorise.ts";
import { preferredMedia } from "./media.ts";
import { allowOf, type Call, refuseUnknown } from "./not-found.ts";
import { applyPrefer, parsePrefer } from "./prefer.ts";
import { type Problem, problemAnswer, problemOf } from "./problem.ts";
import { check, decodeParams, readBody, readIdempotencyKey, readIfMatch, readQuery, readRawBody } from "./read.ts";
import type { HttpAnswer, HttpRequest, Operations } from "./request.ts";
import type { Routes } from "./route.ts";

export interface HttpDeps {
  log: Log;
  clock: Clock;
}
export type HttpHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

type Operation = (request: HttpRequest) => Promise<HttpAnswer>;
type Row = Routes[string];

/** How a family of routes words a problem; `error` is what was thrown. */
export type ErrorAnswer = (problem: Problem, headers: Record<string, string>, error: unknown) => APIGatewayProxyStructuredResultV2;

export interface HttpOptions {
  errorAnswer?: ErrorAnswer;
  /** Calls that the handler knows of when it refuses a request: its own routes where absent. */
  calls?: readonly Call[];
}

/**
 * The Lambda handler of an area: every row of its routes has its operation, or it does not compile.
 * A request is routed, authorised, checked, and then handed to its operation; whatever is thrown becomes a problem.
 */
export function httpHandler<R extends Routes>(
  routes: R,
  operations: Operations<R>,
  deps: HttpDeps,
  { errorAnswer = problemAnswer, calls = Object.values<Row>(routes) }: HttpOptions = {},
): HttpHandler {
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: Object.entries<Row>(routes).map(([operationId, route]) => ({
      method: route.method,
      path: route.path,
      handler: (event: APIGatewayProxyEventV2, context: Context) =>
        serve(route, operations[operationId as keyof R] as Operation, event, context, deps),
    })),
    notFoundResponse: ({ path }) => refuseUnknown(calls, path),
  });
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .before((request) => {
      request.event = withPlainPath(request.event);
    })
    .onError((request) => {
      const at = { path: request.event.requestContext.http.path, traceId: traceIdOf(request.event) };
      const problem = problemOf(request.error, at);
      if (problem.status >= 500) deps.log.error("request failed", { error: request.error, ...at });
      request.response = errorAnswer(problem, allowOf(request.error), request.error);
    })
    .handler(router) as unknown as HttpHandler;
}

/** Delivery: the operation runs only for a request that is authorised first and valid then. */
async function serve(
  route: Row,
  operation: Operation,
  event: APIGatewayProxyEventV2,
  context: Context,
  deps: HttpDeps,
): Promise<APIGatewayProxyStructuredResultV2> {
  const header = headersOf(event);
  const rawParams = decodeParams(event.pathParameters);
  const principal = authorise(route, rawParams, claimsOf(event));
  const unsafe = route.method !== "GET";
  const preference = applyPrefer(parsePrefer(header["prefer"]), route.waitSeconds ?? 0);
  const traceId = traceIdOf(event);
  const media = preferredMedia(header["accept"], route.media ?? ["application/json"]);
  const body = bodyOf(route, event, header["content-type"]);
  authoriseBody(route, body.body, claimsOf(event));
  const answer = await operation({
    params: route.params && check(route.params, rawParams, "path"),
    query: readQuery(route, event),
    idempotencyKey: unsafe ? readIdempotencyKey(header["idempotency-key"]) : undefined,
    ifMatch: unsafe && route.etag ? readIfMatch(header["if-match"]) : undefined,
    ...body,
    headers: header,
    principal,
    media,
    traceId,
    cause: { actor: principal, correlationId: traceId, causationId: traceId },
    receivedAt: deps.clock.now().toISOString(),
    waitSeconds: preference.waitSeconds,
    remainingMs: () => context.getRemainingTimeInMillis(),
  });
  return render(answer, media, route.waitSeconds === undefined ? undefined : preference.applied);
}

function bodyOf(route: Row, event: APIGatewayProxyEventV2, contentType: string | undefined): { body: unknown; rawBody: Buffer } {
  if (route.rawBody !== undefined) return { body: undefined, rawBody: readRawBody(route, event, contentType) };
  return { body: readBody(route, event, contentType), rawBody: Buffer.alloc(0) };
}

function render(
  { status, body, text = body === undefined ? undefined : JSON.stringify(body), location, etag, headers }: HttpAnswer,
  media: string,
  applied: string | undefined,
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: {
      ...(text !== undefined && { "content-type": body === undefined ? media : "application/json" }),
      "cache-control": "no-store",
      ...(location !== undefined && { location }),
      ...(etag !== undefined && { etag }),
      ...(applied !== undefined && { "preference-applied": applied }),
      ...headers,
    },
    ...(text !== undefined && { body: text }),
  };
}

/** The event with the path that the route table speaks of: without a stage's prefix, and with the router's own parameters. */
function withPlainPath(event: APIGatewayProxyEventV2): APIGatewayProxyEventV2 {
  const { stage } = event.requestContext;
  const prefix = `/${stage}`;
  const raw = event.rawPath;
  const staged = stage !== "$default" && (raw === prefix || raw.startsWith(`${prefix}/`));
  const path = (staged ? raw.slice(prefix.length) : raw) || "/";
  const { pathParameters: _gatewaysOwn, ...rest } = event;
  return { ...rest, version: "2.0", requestContext: { ...event.requestContext, http: { ...event.requestContext.http, path } } };
}

const headersOf = (event: APIGatewayProxyEventV2): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]));

function claimsOf(event: APIGatewayProxyEventV2): Claims | undefined {
  return (event.requestContext as { authorizer?: { jwt?: { claims?: Claims } } }).authorizer?.jwt?.claims;
}

/** The X-Ray trace, else the gateway's request id. */
function traceIdOf(event: APIGatewayProxyEventV2): string {
  return /^Root=(1-[0-9a-f]{8}-[0-9a-f]{24})/.exec(headersOf(event)["x-amzn-trace-id"] ?? "")?.[1] ?? event.requestContext.requestId;
}
