import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { problem } from "../../../shared/http/openapi/schemas.ts";
import { clustersApi } from "../../../shared/http/routes/clusters-api.ts";
import { onboardingApi } from "../../../shared/http/routes/onboarding-api.ts";
import { quotaApi } from "../../../shared/http/routes/quota-api.ts";
import { tenantsApi } from "../../../shared/http/routes/tenants-api.ts";
import { type Asked, harness, type Sent } from "./requests.ts";

const onboarding = harness(onboardingApi);
const quota = harness(quotaApi);
const tenants = harness(tenantsApi);
const clusters = harness(clustersApi);
const post = (body: unknown, more: Partial<Asked> = {}) => onboarding.send({ method: "POST", path: "/tenants", body, ...more });
const patch = (body: unknown, more: Partial<Asked> = {}) => quota.send({ method: "PATCH", path: "/tenants/acme", body, ...more });
const put = (body: unknown) => clusters.send({ method: "PUT", path: "/clusters/eu-1", body });
const pointers = (sent: Sent) => (sent.body.errors ?? []).map((error: { pointer: string }) => error.pointer);

function expectProblem(sent: Sent, status: number, code: string): void {
  expect({ status: sent.status, code: sent.body.code, type: sent.headers["content-type"] }).toEqual({
    status,
    code,
    type: "application/problem+json",
  });
  expect(problem.safeParse(sent.body).error).toBeUndefined();
  expect(sent.body.status).toBe(status);
}

describe("tenant ids", () => {
  test.each([
    "../x",
    "UPPER",
    "a--b",
    "a".repeat(41),
    "a".repeat(64),
    "",
    "-a",
    "a-",
    "a.b",
    "a_b",
    "a b",
    "acme\n",
    "аcme",
    "acme\u200b",
    "ａcme",
    "a/b",
  ])("%j is refused with a pointer to it", async (tenantId) => {
    const sent = await post({ name: "Acme", tenantId });
    expectProblem(sent, 400, "InvalidInput");
    expect(pointers(sent)).toEqual(["/tenantId"]);
  });
  test.each(["a", "0", "a-b-c", "a".repeat(40), "9lives"])("%j is taken", async (tenantId) => {
    expect((await post({ name: "Acme", tenantId })).status).toBe(200);
  });
  test.each(["UPPER", "a--b", "..%2Fx", "a%20b", "%D0%B0cme"])("the path %s is refused as the path's mistake", async (id) => {
    const sent = await tenants.send({ method: "GET", path: `/tenants/${id}` });
    expectProblem(sent, 400, "InvalidInput");
    expect(sent.body.errors).toEqual([{ in: "path", pointer: "/tenantId", detail: expect.any(String) }]);
  });
  test("a path with a percent sign that encodes nothing is refused", async () => {
    expectProblem(await tenants.send({ method: "GET", path: "/tenants/%zz" }), 400, "InvalidInput");
  });
});

describe("bodies", () => {
  test.each(["{", "", "nonsense", '{"name":"Acme"', "\uFEFF[", "[".repeat(60_000)])("malformed JSON (%#) is refused", async (body) => {
    expectProblem(await post(body), 400, "InvalidInput");
  });
  test.each([null, [], "text", 7, true])("JSON that is no object, %j, is refused", async (body) => {
    expectProblem(await post(JSON.stringify(body)), 400, "InvalidInput");
  });
  test("bytes that are not UTF-8 are refused", async () => {
    expectProblem(await post('{"name":"\xff\xfe"}', { base64: true }), 400, "InvalidInput");
  });
  test("a base64 body is read as the JSON that it holds", async () => {
    expect((await post({ name: "Acme" }, { base64: true })).status).toBe(200);
  });
  test("a body over 64 KiB is 413, and one of exactly that size is read", async () => {
    const fill = (bytes: number) => JSON.stringify({ name: "Acme" }).padEnd(bytes, " ");
    expectProblem(await post(fill(64 * 1024 + 1)), 413, "PayloadTooLarge");
    expect((await post(fill(64 * 1024))).status).toBe(200);
    expectProblem(await post(fill(64 * 1024 + 1), { base64: true }), 413, "PayloadTooLarge");
  });
  test.each(["text/plain", "application/xml", "application/merge-patch+json", "multipart/form-data", ""])(
    "content type %j is 415 for POST",
    async (type) => {
      expectProblem(await post({ name: "Acme" }, { headers: { "content-type": type } }), 415, "UnsupportedMediaType");
    },
  );
  test.each(["application/json", "application/merge-patch+json", "Application/JSON; charset=utf-8"])("PATCH takes %s", async (type) => {
    expect((await patch({ tier: "basic" }, { headers: { "content-type": type } })).status).toBe(200);
  });
  test("every unknown field is named, with its pointer", async () => {
    const sent = await post({ name: "Acme", tire: "basic", "a/b~c": 1 });
    expectProblem(sent, 400, "InvalidInput");
    expect(sent.body.errors).toEqual([
      { pointer: "/tire", detail: "unknown field" },
      { pointer: "/a~1b~0c", detail: "unknown field" },
    ]);
  });
  test("a __proto__ member is refused, wherever it is", async () => {
    for (const body of ['{"name":"Acme","__proto__":{"tier":"premium"}}', '{"name":"Acme","labels":{"__proto__":"x"}}'])
      expect(pointers(await post(body))).toEqual([""]);
  });
  test.each<[unknown, string]>([
    [{ name: 7 }, "/name"],
    [{}, "/name"],
    [{ name: "" }, "/name"],
    [{ name: "  " }, "/name"],
    [{ name: "a\u0000b" }, "/name"],
    [{ name: "\ud800" }, "/name"],
    [{ name: "x".repeat(201) }, "/name"],
    [{ name: "Acme", tier: ["basic"] }, "/tier"],
    [{ name: "Acme", tier: null }, "/tier"],
    [{ name: "Acme", isolation: "vm" }, "/isolation"],
    [{ name: "Acme", labels: { ok: 1 } }, "/labels/ok"],
    [{ name: "Acme", labels: [] }, "/labels"],
    [{ name: "Acme", labels: { "tenantry.dev/tier": "premium" } }, "/labels/tenantry.dev~1tier"],
    [{ name: "Acme", labels: { "pod-security.kubernetes.io/enforce": "privileged" } }, "/labels/pod-security.kubernetes.io~1enforce"],
    [{ name: "Acme", labels: { "tenant-id": "other" } }, "/labels/tenant-id"],
    [{ name: "Acme", labels: { "created-by": "me" } }, "/labels/created-by"],
    [{ name: "Acme", labels: { "a b": "x" } }, "/labels/a b"],
    [{ name: "Acme", labels: { a: "x".repeat(64) } }, "/labels/a"],
    [{ name: "Acme", labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ""])) }, "/labels"],
    [{ name: "Acme", expiresAt: "tomorrow" }, "/expiresAt"],
    [{ name: "Acme", expiresAt: "2030-02-30T00:00:00Z" }, "/expiresAt"],
    [{ name: "Acme", expiresAt: "9999-12-31T23:59:59-12:00" }, "/expiresAt"],
    [{ name: "Acme", expiresAt: 1 }, "/expiresAt"],
  ])("%j is refused at %s", async (body, pointer) => {
    const sent = await post(body);
    expectProblem(sent, 400, "InvalidInput");
    expect(pointers(sent)).toEqual([pointer]);
  });
  test.each<[unknown, string]>([
    [{}, ""],
    [{ tenantId: "other" }, "/tenantId"],
    [{ isolation: "cluster" }, "/isolation"],
    [{ name: null }, "/name"],
    [{ tier: null }, "/tier"],
    [{ quota: { cpu: 2 } }, "/quota/cpu"],
    [{ quota: { cpu: "-1" } }, "/quota/cpu"],
    [{ quota: { memory: "lots" } }, "/quota/memory"],
    [{ quota: { pods: 1.5 } }, "/quota/pods"],
    [{ quota: { pods: -1 } }, "/quota/pods"],
    [{ quota: { gpus: 1 } }, "/quota/gpus"],
  ])("the patch %j is refused at %j", async (body, pointer) => {
    const sent = await patch(body);
    expectProblem(sent, 400, "InvalidInput");
    expect(pointers(sent)).toEqual([pointer]);
  });
  test.each<[unknown, string]>([
    [{}, "/roleArn"],
    [{ roleArn: "admin" }, "/roleArn"],
    [{ roleArn: role(), endpoint: "https://eks.example" }, "/endpoint"],
    [{ roleArn: role(), endpoint: "http://eks.example", certificateAuthority: ca() }, "/endpoint"],
    [{ roleArn: role(), endpoint: "https://u:p@eks.example", certificateAuthority: ca() }, "/endpoint"],
    [{ roleArn: role(), endpoint: "https://eks.example?x=1", certificateAuthority: ca() }, "/endpoint"],
    [{ roleArn: role(), endpoint: "https://eks.example", certificateAuthority: "bm90IGEgcGVt" }, "/certificateAuthority"],
    [{ roleArn: role(), endpoint: "https://eks.example", certificateAuthority: "%%" }, "/certificateAuthority"],
    [{ roleArn: role(), capacity: -1 }, "/capacity"],
    [{ roleArn: role(), capabilities: { serviceMonitor: true } }, "/capabilities/serviceMonitor"],
  ])("the cluster %j is refused at %s", async (body, pointer) => {
    const sent = await put(body);
    expectProblem(sent, 400, "InvalidInput");
    expect(pointers(sent)).toEqual([pointer]);
  });
  test("a call without a body refuses one", async () => {
    expectProblem(await clusters.send({ method: "POST", path: "/clusters/eu-1/cordon", body: {} }), 400, "InvalidInput");
  });
  test("no more than 50 mistakes are listed", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, 1]));
    expect((await post(many)).body.errors).toHaveLength(50);
  });
  test("a cluster is taken with endpoint and certificate, or without both", async () => {
    expect((await put({ roleArn: role() })).status).toBe(200);
    expect((await put({ roleArn: role(), endpoint: "https://eks.example/", certificateAuthority: ca() })).status).toBe(200);
    expect(clusters.seen.at(-1)?.request.body).toMatchObject({ endpoint: "https://eks.example" });
  });
  test("times come out as UTC with milliseconds", async () => {
    await post({ name: "Acme", expiresAt: "2030-01-01T00:00:00+02:00" });
    expect(onboarding.seen.at(-1)?.request.body).toEqual({ name: "Acme", expiresAt: "2029-12-31T22:00:00.000Z" });
  });
  test("whatever JSON comes, the answer is a 200 or a 400 problem, and nothing invalid reaches the operation", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        const before = onboarding.seen.length;
        const sent = await post(JSON.stringify(body));
        expect([200, 400]).toContain(sent.status);
        if (sent.status === 400) expectProblem(sent, 400, "InvalidInput");
        expect(onboarding.seen.length - before).toBe(sent.status === 200 ? 1 : 0);
      }),
    );
  });
});

describe("queries and headers", () => {
  test.each([{ limit: "0" }, { limit: "101" }, { limit: "ten" }, { limit: "1,2" }, { phase: "Nice" }, { page: "2" }, { cluster: "../x" }])(
    "the query %j is refused",
    async (query: Record<string, string>) => {
      const sent = await tenants.send({ method: "GET", path: "/tenants", query });
      expectProblem(sent, 400, "InvalidInput");
      expect(sent.body.errors).toEqual([{ in: "query", pointer: `/${Object.keys(query)[0]}`, detail: expect.any(String) }]);
    },
  );
  test("a call without a query refuses one", async () => {
    expectProblem(await tenants.send({ method: "GET", path: "/tenants/acme", query: { force: "true" } }), 400, "InvalidInput");
  });
  test("limit is a number, 25 where absent", async () => {
    await tenants.send({ method: "GET", path: "/tenants" });
    expect(tenants.seen.at(-1)?.request.query).toEqual({ limit: 25 });
    await tenants.send({ method: "GET", path: "/tenants", query: { limit: "100", phase: "Ready" } });
    expect(tenants.seen.at(-1)?.request.query).toEqual({ limit: 100, phase: "Ready" });
  });
  test.each(["", "a b", "é", "x".repeat(256)])("the idempotency key %j is refused", async (key) => {
    expectProblem(
      await post({ name: "Acme" }, { headers: { "idempotency-key": key, "content-type": "application/json" } }),
      400,
      "InvalidInput",
    );
  });
  test.each(['W/"1"', '"one"', "1", '""'])("If-Match %s is none of ours: 412", async (tag) => {
    expectProblem(
      await patch({ tier: "basic" }, { headers: { "if-match": tag, "content-type": "application/json" } }),
      412,
      "PreconditionFailed",
    );
  });
});

function role(): string {
  return "arn:aws:iam::111122223333:role/tenantry-cluster-eu";
}
function ca(): string {
  return Buffer.from("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n").toString("base64");
}
