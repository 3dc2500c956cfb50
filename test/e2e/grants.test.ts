import { beforeAll, describe, expect, test } from "@jest/globals";
import { anId, api, kubectl, kubeObject, newKey, putEvent, takeMessage, trailOf, until, untilPhase, untilSwept } from "../support/stack.ts";

const grantsOf = (tenantId: string) => `/tenants/${tenantId}/grants`;
/** As contract.md says: what a path cannot hold goes as `~<base64url>`. */
const segment = (userId: string): string =>
  /[/%?#\\]|^~/.test(userId) ? `~${Buffer.from(userId).toString("base64url")}` : encodeURIComponent(userId);
const path = (tenantId: string, userId: string, role: string): string => `${grantsOf(tenantId)}/${segment(userId)}/${role}`;
const bindings = async (tenantId: string) =>
  (await kubeObject("rolebindings", "-n", `tenant-${tenantId}`)).items.filter(({ metadata }: { metadata: { name: string } }) =>
    metadata.name.startsWith("user-"),
  );

describe("Grants by the API", () => {
  const tenantId = anId("grants");
  const anna = "anna@example.com";

  beforeAll(async () => {
    expect((await api("POST", "/tenants", { tenantId, name: "Grants", tier: "basic" })).status).toBe(201);
  });

  test("are given, shown, and taken back, and the cluster has it when the answer says so", async () => {
    const put = await api("PUT", path(tenantId, anna, "tenant-viewer"), undefined, { headers: { "idempotency-key": newKey() } });
    expect([put.status, put.body]).toMatchObject([201, { tenantId, userId: anna, role: "tenant-viewer", granted: true, applied: true }]);
    expect(put.body.sources).toMatchObject([{ source: "direct", actor: expect.any(String), correlationId: expect.any(String) }]);
    const binding = await kubeObject("rolebinding", `user-${anna}-tenant-viewer`, "-n", `tenant-${tenantId}`);
    expect(binding.subjects).toEqual([{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: `oidc:${anna}` }]);
    expect(binding.metadata.annotations["tenantry.dev/user-id"]).toBe(anna);

    expect((await api("PUT", path(tenantId, anna, "tenant-viewer"), {})).status).toBe(200);
    const later = await api("PUT", path(tenantId, anna, "tenant-developer"), undefined, { headers: { prefer: "respond-async" } });
    expect([later.status, later.body.applied]).toEqual([202, false]);
    await until("the grant", async () => ((await api("GET", path(tenantId, anna, "tenant-developer"))).body.applied ? true : undefined));
    expect((await api("DELETE", path(tenantId, anna, "tenant-developer"))).status).toBe(204);
    expect((await api("GET", path(tenantId, anna, "tenant-viewer"))).body).toMatchObject({ userId: anna, applied: true });
    expect((await api("GET", grantsOf(tenantId))).body.items).toHaveLength(1);

    expect((await api("DELETE", path(tenantId, anna, "tenant-viewer"))).status).toBe(204);
    await expect(kubectl("get", "rolebinding", `user-${anna}-tenant-viewer`, "-n", `tenant-${tenantId}`)).rejects.toThrow(/NotFound/);
    expect((await api("GET", path(tenantId, anna, "tenant-viewer"))).body.code).toBe("GrantNotFound");
    expect((await api("DELETE", path(tenantId, anna, "tenant-viewer"))).status).toBe(204);
    expect((await trailOf(tenantId)).map(({ type }) => type).slice(2)).toEqual([
      "TenantAccessGranted",
      "TenantAccessGranted",
      "TenantAccessRevoked",
      "TenantAccessRevoked",
    ]);
  });

  test.each([
    "bob/ops",
    "~tilde",
    "100%",
    "a?b#c",
    "a\\b",
    "Ünïcode Ñame",
    "quote'\"s",
    "a+b@example.com",
    `${"x".repeat(244)}@example.com`,
    ".",
  ])("take the user id %j, and the binding names it", async (userId) => {
    const at = userId === "." ? `${grantsOf(tenantId)}/~Lg/tenant-developer` : path(tenantId, userId, "tenant-developer");
    expect((await api("PUT", at)).status).toBe(201);
    const found = (await bindings(tenantId)).find(
      ({ metadata }: { metadata: { annotations: Record<string, string> } }) => metadata.annotations["tenantry.dev/user-id"] === userId,
    );
    expect(found.subjects[0].name).toBe(`oidc:${userId}`);
    expect((await api("GET", at)).body.userId).toBe(userId);
    expect((await api("DELETE", at)).status).toBe(204);
  });

  test("refuse what is wrong, and change nothing", async () => {
    const refused = async (method: string, at: string, body?: unknown) => {
      const { status, body: problem } = await api(method, at, body);
      return [status, problem.code];
    };
    expect(await refused("PUT", path(tenantId, anna, "cluster-admin"))).toEqual([422, "UnknownRole"]);
    expect(await refused("PUT", path(tenantId, "system:admin", "tenant-viewer"))).toEqual([400, "InvalidInput"]);
    expect(await refused("PUT", `${grantsOf(tenantId)}/~not-needed/tenant-viewer`)).toEqual([400, "InvalidInput"]);
    expect(await refused("PUT", path(tenantId, anna, "tenant-viewer"), { expiresAt: "2001-01-01T00:00:00Z" })).toEqual([
      400,
      "InvalidInput",
    ]);
    expect(await refused("PUT", path(tenantId, anna, "tenant-viewer"), { until: "tomorrow" })).toEqual([400, "InvalidInput"]);
    expect(await refused("PUT", path("no-such-tenant", anna, "tenant-viewer"))).toEqual([404, "TenantNotFound"]);
    expect(await refused("DELETE", path(tenantId, "nobody", "tenant-viewer"))).toEqual([404, "GrantNotFound"]);
    expect(await bindings(tenantId)).toEqual([]);
  });

  test("end by themselves at their time", async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const { status, body } = await api("PUT", path(tenantId, "temp@example.com", "tenant-viewer"), { expiresAt });
    expect([status, body.expiresAt]).toEqual([201, expiresAt]);
    expect(await bindings(tenantId)).toHaveLength(1);
    await untilSwept("the binding to go", ["sweep"], async () => ((await bindings(tenantId)).length === 0 ? true : undefined));
    expect((await trailOf(tenantId)).at(-1)).toMatchObject({ type: "TenantAccessRevoked", detail: { data: { reason: "Expired" } } });
  });

  test("given side by side all stand, and all go with the suspension and come back after it", async () => {
    const users = Array.from({ length: 20 }, (_, index) => `user${index}@example.com`);
    const answers = await Promise.all(users.map((user) => api("PUT", path(tenantId, user, "tenant-viewer"))));
    expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
    await until("all bindings", async () => ((await bindings(tenantId)).length === users.length ? true : undefined));
    await api("POST", `/tenants/${tenantId}/suspend`);
    await untilPhase(tenantId, "Suspended");
    expect(await bindings(tenantId)).toEqual([]);
    await api("POST", `/tenants/${tenantId}/activate`);
    await untilPhase(tenantId, "Ready");
    expect(await bindings(tenantId)).toHaveLength(users.length);
  }, 60_000);

  test("are forgotten with the tenant, by the API", async () => {
    await kubectl("delete", "namespace", `tenant-${tenantId}`);
    await api("DELETE", `/tenants/${tenantId}`, undefined, { headers: { prefer: "wait=10" } });
    await untilPhase(tenantId, "Deleted", 60);
    expect((await api("POST", "/tenants", { tenantId, name: "Again", tier: "basic" })).status).toBe(201);
    expect((await api("GET", grantsOf(tenantId))).body.items).toEqual([]);
    expect(await bindings(tenantId)).toEqual([]);
  }, 120_000);
});

describe("Grants by events", () => {
  const tenantId = anId("grants");
  const data = { tenantId, userId: "carl@example.com", role: "tenant-admin" };

  beforeAll(async () => {
    expect((await api("POST", "/tenants", { tenantId, name: "Grants", tier: "basic" })).status).toBe(201);
  });

  test("come and go, and the older of two counts for nothing when it comes late", async () => {
    const at = (seconds: number) => ({ occurredAt: new Date(Date.now() + seconds * 1_000).toISOString() });
    const [revoked, granted] = [at(2), at(1)];
    await putEvent("TenantAccessGrantRequested", data, { metadata: at(0) });
    await until("the binding", async () => ((await bindings(tenantId)).length === 1 ? true : undefined));
    await putEvent("TenantAccessRevokeRequested", data, { metadata: revoked });
    await until("the binding to go", async () => ((await bindings(tenantId)).length === 0 ? true : undefined));
    const { generation } = (await api("GET", `/tenants/${tenantId}`)).body;
    await putEvent("TenantAccessGrantRequested", data, { metadata: { ...granted, eventId: newKey() } });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await api("GET", `/tenants/${tenantId}`)).body.generation).toBe(generation);
    expect(await bindings(tenantId)).toEqual([]);
  }, 60_000);

  test("of an unknown role are set aside with the reason", async () => {
    const userId = `dora-${newKey()}@example.com`;
    await putEvent("TenantAccessGrantRequested", { ...data, userId, role: "owner" });
    const letter = await takeMessage("tenantry-local-grants-dead-letters", ({ Body = "" }) => Body.includes(userId));
    expect(letter.MessageAttributes?.["code"]?.StringValue).toBe("UnknownRole");
  }, 90_000);

  test("are forgotten with the tenant, by an event", async () => {
    await putEvent("TenantAccessGrantRequested", data, { metadata: { occurredAt: new Date(Date.now() + 3_000).toISOString() } });
    await until("the binding", async () => ((await bindings(tenantId)).length === 1 ? true : undefined));
    await kubectl("delete", "namespace", `tenant-${tenantId}`);
    await putEvent("TenantOffboardingRequested", { tenantId }, { metadata: { occurredAt: new Date(Date.now() + 4_000).toISOString() } });
    await untilPhase(tenantId, "Deleted", 60);
  }, 120_000);
});
