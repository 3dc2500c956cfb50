import { expect, test } from "@jest/globals";
import type { Context } from "aws-lambda";
import { handler } from "../../../functions/meta/api.ts";
import { hasOwnCredential } from "../../../shared/http/route.ts";
import { routes } from "../../../shared/http/routes.ts";
import { httpEvent } from "./requests.ts";

const context = { getRemainingTimeInMillis: () => 1000 } as Context;

test("anybody may ask whether the API answers", async () => {
  const answered = await handler(httpEvent({ method: "GET", path: "/healthz" }), context);
  expect([answered.statusCode, answered.body]).toEqual([200, '{"status":"ok"}']);
});

test.each([
  ["GET", "/nothing/here", 404, "NotFound", undefined],
  ["GET", "/tenants/acme/", 405, "MethodNotAllowed", "GET, PATCH, DELETE"],
  ["TRACE", "/tenants", 405, "MethodNotAllowed", "POST, GET"],
  ["PROPFIND", "/scim/v2/Users/1", 405, "MethodNotAllowed", "GET, PUT, PATCH, DELETE"],
  ["POST", "/healthz", 405, "MethodNotAllowed", "GET"],
])("%s %s, which no route takes, is a %d problem", async (method, path, status, code, allow) => {
  const { statusCode, headers, body } = await handler(httpEvent({ method, path }), context);
  expect([statusCode, headers?.["content-type"], headers?.["allow"]]).toEqual([status, "application/problem+json", allow]);
  expect(JSON.parse(body ?? "")).toMatchObject({ status, code, instance: path });
});

test("anybody may read the contract, and every route is in it with its scope", async () => {
  const answered = await handler(httpEvent({ method: "GET", path: "/openapi.json" }), context);
  const { openapi, paths } = JSON.parse(answered.body ?? "") as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; security: { oidc?: string[]; scim?: string[] }[] }>>;
  };
  const scopeSaid = (security?: { oidc?: string[]; scim?: string[] }): string =>
    security?.scim ? "scim" : (security?.oidc?.[0] ?? "open");
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) => `${method.toUpperCase()} ${path} ${operation.operationId} ${scopeSaid(operation.security[0])}`,
    ),
  );
  expect(openapi).toBe("3.1.0");
  const scopeOf = ({ scope }: (typeof routes)[number]): string => (hasOwnCredential(scope) && scope !== "scim" ? "open" : scope);
  expect(described.sort()).toEqual(routes.map((route) => `${route.method} ${route.path} ${route.operationId} ${scopeOf(route)}`).sort());
});
