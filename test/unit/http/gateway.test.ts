import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { hasOwnCredential, type Route } from "../../../shared/http/route.ts";
import { gatewayProxies, routes } from "../../../shared/http/routes.ts";

interface HttpApi {
  method: string;
  path: string;
  authorizer?: { name: string; scopes: string[] };
}
const text = readFileSync(new URL("../../../serverless.yml", import.meta.url), "utf8");
const { functions } = parse(text, { merge: true, logLevel: "error" }) as {
  functions: Record<string, { events?: { httpApi?: HttpApi | "*" }[] }>;
};

const prefixes = gatewayProxies.flatMap(({ area, path }) =>
  path.endsWith("{proxy+}") ? [{ area, prefix: path.replace("{proxy+}", "") }] : [],
);
const isProxied = ({ path }: Pick<Route, "path">): boolean => prefixes.some(({ prefix }) => path.startsWith(prefix));

test("the gateway has exactly the routes of the route table, each with its function and scope, and those that take many calls", () => {
  const deployed = Object.entries(functions).flatMap(([area, { events = [] }]) =>
    events.flatMap(({ httpApi }) => {
      if (httpApi === undefined) return [];
      if (httpApi === "*") return [`$default -> ${area} [open]`];
      return [`${httpApi.method} ${httpApi.path} -> ${area} [${httpApi.authorizer?.scopes.join(" ") ?? "open"}]`];
    }),
  );
  const table = routes
    .filter((route) => !isProxied(route))
    .map((route) => `${route.method} ${route.path} -> ${route.area} [${hasOwnCredential(route.scope) ? "open" : route.scope}]`);
  const proxies = gatewayProxies.map(({ area, path, ...rest }) => `${"method" in rest ? `${rest.method} ` : ""}${path} -> ${area} [open]`);
  expect(deployed.sort()).toEqual([...table, ...proxies].sort());
});

test("a route that takes many calls takes those of its own function alone, and they check their credential themselves", () => {
  for (const route of routes.filter(isProxied)) {
    expect(prefixes).toContainEqual({ area: route.area, prefix: expect.any(String) });
    expect(hasOwnCredential(route.scope)).toBe(true);
  }
});

test("every route that is not open has the JWT authorizer", () => {
  for (const { events = [] } of Object.values(functions)) {
    for (const { httpApi } of events) {
      if (typeof httpApi === "object" && httpApi.authorizer) expect(httpApi.authorizer.name).toBe("jwt");
    }
  }
});

test("an operation's id names one row, and a method and path too", () => {
  expect(new Set(routes.map((route) => route.operationId)).size).toBe(routes.length);
  expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
});
