import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { authorise, scopesOf } from "../../../shared/http/authorise.ts";
import { hasOwnCredential, type Route, type Routes } from "../../../shared/http/route.ts";
import { grantsApi } from "../../../shared/http/routes/grants-api.ts";
import { areas, routes } from "../../../shared/http/routes.ts";
import { everyScope, harness } from "./requests.ts";

const bodies: Record<string, unknown> = {
  createTenant: { name: "Acme" },
  receiveWebhook: {},
  updateTenant: { tier: "basic" },
  putCluster: { roleArn: "arn:aws:iam::111122223333:role/tenantry-cluster-eu" },
};
/** Calls a row of the table through the handler of its area, with those claims. */
async function call(operationId: string, claims: Record<string, unknown> | undefined, tenantId = "acme"): Promise<number> {
  const area = areas.find((rows: Routes) => operationId in rows) as Routes;
  const route = area[operationId];
  if (!route) throw new Error(`no route ${operationId}`);
  const path = route.path
    .replace("{tenantId}", tenantId)
    .replace("{name}", "eu-1")
    .replace("{provider}", "okta")
    .replace("{role}", "tenant-viewer");
  return (await harness(area).send({ method: route.method, path, body: bodies[operationId] ?? (route.rawBody && {}), claims })).status;
}

describe.each(routes.map((route) => [route.operationId, route] as const))("%s", (id, route) => {
  const open = route.scope === "open" || hasOwnCredential(route.scope);

  test(open ? "is open" : "refuses a call without a token", async () => {
    expect(await call(id, undefined)).toBe(open ? 200 : 401);
  });
  test(open ? "asks for no scope" : "needs its own scope, and no other scope helps", async () => {
    const others = everyScope.split(" ").filter((scope) => scope !== route.scope);
    expect(await call(id, { sub: "ada", scope: others.join(" ") })).toBe(open ? 200 : 403);
    expect(await call(id, { sub: "ada" })).toBe(open ? 200 : 403);
    expect(await call(id, { sub: "ada", scope: route.scope })).toBe(200);
  });
  test.each([`${everyScope}`, `[${everyScope}]`, everyScope.split(" ")])("reads the scopes as %j", async (scope) => {
    expect(await call(id, { client_id: "machine", scope })).toBe(200);
  });
  test("refuses a token that names nobody", async () => {
    expect(await call(id, { scope: everyScope })).toBe(open ? 200 : 401);
  });
  test("a token with tenant_id reaches it only for that tenant", async () => {
    const scoped = (tenantId: unknown) => ({ sub: "ada", scope: everyScope, tenant_id: tenantId });
    expect(await call(id, scoped("acme"))).toBe(open || route.path.includes("{tenantId}") ? 200 : 403);
    expect(await call(id, scoped("acme"), "other")).toBe(open ? 200 : 403);
    for (const odd of ["", "[acme]", ["acme"], 7, false, "ACME", "acme "]) expect(await call(id, scoped(odd))).toBe(open ? 200 : 403);
  });
});

test("routes of a tenant are tenant-scoped, and no others are", () => {
  for (const route of routes)
    expect([route.operationId, route.tenantScoped]).toEqual([route.operationId, route.path.includes("{tenantId}")]);
});

test("only health, the contract and Okta's challenge are open", () => {
  const open = routes.filter((route) => route.scope === "open").map((route) => `${route.method} ${route.path}`);
  expect(open).toEqual(["GET /webhooks/{provider}", "GET /healthz", "GET /openapi.json"]);
});

test("only webhooks and SCIM bring another credential than a token, which they check first", () => {
  const own = routes.filter((route) => hasOwnCredential(route.scope) && route.scope !== "scim");
  expect(own.map((route) => `${route.method} ${route.path} ${route.scope}`)).toEqual(["POST /webhooks/{provider} signature"]);
  const scim = routes.filter((route) => route.scope === "scim").map(({ operationId }) => operationId);
  expect(scim).toEqual(routes.filter((route) => route.path.startsWith("/scim/")).map(({ operationId }) => operationId));
});

test("every other route names one scope of the contract: read where it reads, write where it writes", () => {
  const scoped = routes.filter((route) => route.scope !== "open" && !hasOwnCredential(route.scope));
  expect(scoped.length).toBeGreaterThan(20);
  for (const { operationId, method, scope } of scoped) {
    expect([operationId, everyScope.split(" ").includes(scope)]).toEqual([operationId, true]);
    expect([operationId, scope.split(".")[1]]).toEqual([operationId, method === "GET" ? "read" : "write"]);
  }
});

test("who may do what in a tenant, and how people get there, is asked for by the scopes of access", () => {
  for (const { operationId, path, scope } of routes.filter(({ path }) => /\/(grants|kubeconfig)(\/|$)/.test(path)))
    expect([operationId, path, scope]).toEqual([operationId, path, expect.stringMatching(/^tenantry\/access\./)]);
});

test("a row of the table without a scope, or with one that nobody grants, is denied to everybody", () => {
  for (const scope of [undefined, "", "none", "tenantry/everything.write", "OPEN"]) {
    const route = { scope, tenantScoped: false } as unknown as Route;
    expect(() => authorise(route, {}, { sub: "ada", scope: everyScope })).toThrow("lacks the scope");
    expect(() => authorise(route, {}, undefined)).toThrow("bearer token");
  }
});

test("a row that does not say whether it is a tenant's is closed to a token of one tenant", () => {
  const route = { scope: "tenantry/tenants.read" } as unknown as Route;
  const claims = { sub: "ada", scope: everyScope, tenant_id: "acme" };
  expect(() => authorise(route, { tenantId: "acme" }, claims)).toThrow("one tenant alone");
  expect(() => authorise({ ...route, tenantScoped: true }, {}, claims)).toThrow("one tenant alone");
  expect(authorise({ ...route, tenantScoped: true }, { tenantId: "acme" }, claims)).toBe("ada");
});

test("a scope that only resembles the route's is none", () => {
  const route = { scope: "tenantry/tenants.read", tenantScoped: false } as const;
  for (const scope of [
    "tenantry/tenants.reader",
    "xtenantry/tenants.read",
    "tenantry/tenants.*",
    "TENANTRY/TENANTS.READ",
    "tenantry/tenants.read,x",
  ]) {
    expect(() => authorise(route, {}, { sub: "ada", scope })).toThrow("lacks the scope");
  }
});

test("no scope is ever made up from a claim", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z/.]{1,12}$/), { maxLength: 5 }), (scopes) => {
      for (const claim of [scopes, scopes.join(" "), `[${scopes.join(" ")}]`]) expect(scopesOf({ scope: claim })).toEqual(scopes);
    }),
  );
});

describe("What has effect beyond a tenant", () => {
  const put = { method: "PUT", path: "/tenants/acme/grants/anna@example.com/tenant-viewer" };
  const principalArn = "arn:aws:iam::111122223333:user/anna";
  const status = async (body: object, claims: object) =>
    (await harness(grantsApi).send({ ...put, body, claims: { sub: "ada", scope: everyScope, ...claims } })).status;

  test("an AWS identity says who somebody is in all tenants of a cluster: a token of one tenant may not give it", async () => {
    expect(await status({ principalArn }, {})).toBe(200);
    expect(await status({ principalArn }, { tenant_id: "acme" })).toBe(403);
    expect(await status({}, { tenant_id: "acme" })).toBe(200);
  });
});
