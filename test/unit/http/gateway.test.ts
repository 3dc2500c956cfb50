import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { hasOwnCredential } from "../../../shared/http/route.ts";
import { routes } from "../../../shared/http/routes.ts";

interface HttpApi {
  method: string;
  path: string;
  authorizer?: { name: string; scopes: string[] };
}
const text = readFileSync(new URL("../../../serverless.yml", import.meta.url), "utf8");
const { functions } = parse(text, { merge: true, logLevel: "error" }) as {
  functions: Record<string, { events?: { httpApi?: HttpApi }[] }>;
};

test("the gateway has exactly the routes of the route table, each with its function and scope", () => {
  const deployed = Object.entries(functions).flatMap(([area, { events = [] }]) =>
    events.flatMap(({ httpApi }) =>
      httpApi ? [`${httpApi.method} ${httpApi.path} -> ${area} [${httpApi.authorizer?.scopes.join(" ") ?? "open"}]`] : [],
    ),
  );
  const table = routes.map(
    (route) => `${route.method} ${route.path} -> ${route.area} [${hasOwnCredential(route.scope) ? "open" : route.scope}]`,
  );
  expect(deployed.sort()).toEqual(table.sort());
});

test("every route that is not open has the JWT authorizer", () => {
  for (const { events = [] } of Object.values(functions)) {
    for (const { httpApi } of events) if (httpApi?.authorizer) expect(httpApi.authorizer.name).toBe("jwt");
  }
});

test("an operation's id names one row, and a method and path too", () => {
  expect(new Set(routes.map((route) => route.operationId)).size).toBe(routes.length);
  expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
});
