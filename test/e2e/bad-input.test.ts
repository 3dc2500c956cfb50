import { describe, expect, test } from "@jest/globals";
import { type ApiAnswer, anId, api, kubeObject, newKey, trailOf, untilPhase } from "../support/stack.ts";
import { itemsMentioning, namespaces, recordOf } from "../support/world.ts";

/** The shape that every refusal of ours has; the gateway's own 401, 403 and 404 keep its fixed body. */
function expectProblem(answer: ApiAnswer, status: number, code: string, pointers: string[] = []): void {
  expect({
    status: answer.status,
    code: answer.body.code,
    pointers: (answer.body.errors ?? []).map((e: { pointer: string }) => e.pointer),
  }).toEqual({ status, code, pointers });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    type: `https://tenantry.dev/problems/${code.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase()}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    instance: expect.stringMatching(/^\//),
    traceId: expect.stringMatching(/./),
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/at \w+ \(|\.mjs|node_modules|assumed-role|dynamodb/i);
}

const ids = new Set<string>();
const anOnboarding = (over: Record<string, unknown> = {}): Record<string, unknown> => {
  const tenantId = anId("bad");
  ids.add(tenantId);
  return { tenantId, name: "Acme", tier: "basic", ...over };
};

interface Refused {
  body: unknown;
  status: number;
  code: string;
  pointers?: string[];
  headers?: Record<string, string>;
}

const malformed = (body: unknown, pointers: string[]): Refused => ({ body, status: 400, code: "InvalidInput", pointers });

describe("POST /tenants refuses", () => {
  const many = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, "x"]));
  const cases: Record<string, () => Refused> = {
    "a body that is not JSON": () => malformed(`${JSON.stringify(anOnboarding()).slice(0, -1)}`, [""]),
    "no body": () => ({ ...malformed(undefined, [""]), headers: { "content-type": "application/json" } }),
    "a body that is no object": () => malformed(JSON.stringify(["acme"]), [""]),
    "an unknown field": () => malformed(anOnboarding({ colour: "red" }), ["/colour"]),
    "a quota, which only a change may set": () => malformed(anOnboarding({ quota: { cpu: "64" } }), ["/quota"]),
    "wrong types, each with its pointer": () =>
      malformed(anOnboarding({ name: 7, tier: ["basic"], labels: "x", requirements: { zone: 3 } }), [
        "/name",
        "/tier",
        "/labels",
        "/requirements/zone",
      ]),
    "a name that is blank, or breaks the line": () => malformed(anOnboarding({ name: "Acme\nInc." }), ["/name"]),
    "no name": () => malformed(anOnboarding({ name: undefined }), ["/name"]),
    "a label that poses as the platform's": () => malformed(anOnboarding({ labels: { "tenant-id": "other" } }), ["/labels/tenant-id"]),
    "a label that Kubernetes would not take": () => malformed(anOnboarding({ labels: { segment: "not a value!" } }), ["/labels/segment"]),
    "more than 32 labels": () => malformed(anOnboarding({ labels: many(33) }), ["/labels"]),
    "an expiry that is past": () => malformed(anOnboarding({ expiresAt: "2020-01-01T00:00:00Z" }), ["/expiresAt"]),
    "an expiry that is no time": () => malformed(anOnboarding({ expiresAt: "tomorrow" }), ["/expiresAt"]),
    "an idempotency key with a space in it": () => ({
      ...malformed(anOnboarding(), ["/Idempotency-Key"]),
      headers: { "idempotency-key": "a b" },
    }),
    "an unknown tier": () => ({ body: anOnboarding({ tier: "platinum" }), status: 422, code: "UnknownTier", pointers: ["/tier"] }),
    "a tier that only JavaScript's objects have": () => ({
      body: anOnboarding({ tier: "constructor" }),
      status: 422,
      code: "UnknownTier",
      pointers: ["/tier"],
    }),
    "an isolation that is not available": () => ({
      body: anOnboarding({ isolation: "cluster" }),
      status: 422,
      code: "IsolationUnavailable",
    }),
    "a body of another media type": () => ({
      body: JSON.stringify(anOnboarding()),
      status: 415,
      code: "UnsupportedMediaType",
      headers: { "content-type": "text/plain" },
    }),
    "a body over the limit": () => ({ body: anOnboarding({ owner: "x".repeat(70_000) }), status: 413, code: "PayloadTooLarge" }),
  };

  test.each(Object.keys(cases))("%s, and changes nothing", async (what) => {
    const { body, status, code, pointers, headers = {} } = (cases[what] as () => Refused)();
    const key = newKey();
    const answer = await api("POST", "/tenants", body, { headers: { "idempotency-key": key, ...headers } });
    expectProblem(answer, status, code, pointers);
    expect(await itemsMentioning(key)).toEqual([]);
    const { tenantId = "bad-" } = (typeof body === "object" ? body : {}) as { tenantId?: string };
    expect(await itemsMentioning(tenantId)).toEqual([]);
  });

  const names: [what: string, id: string, status: number, code: string][] = [
    ["a name of Kubernetes", "kube-system", 422, "TenantIdReserved"],
    ["the default namespace's", "default", 422, "TenantIdReserved"],
    ["the platform's own", "tenantry", 422, "TenantIdReserved"],
    ["one that walks the path", "../x", 400, "InvalidInput"],
    ["upper case", "UPPER", 400, "InvalidInput"],
    ["one with --", "a--b", 400, "InvalidInput"],
    ["64 characters", "a".repeat(64), 400, "InvalidInput"],
    ["41 characters", "b".repeat(41), 400, "InvalidInput"],
    ["a Cyrillic а that looks like a Latin one", "\u0430cme", 400, "InvalidInput"],
    ["full-width letters", "\uff41\uff43\uff4d\uff45", 400, "InvalidInput"],
    ["a letter with a combining mark", "acme\u0301", 400, "InvalidInput"],
    ["an invisible character", "ac\u200bme", 400, "InvalidInput"],
    ["a trailing line break", "acme\n", 400, "InvalidInput"],
    ["a key of the table", "x#TENANT", 400, "InvalidInput"],
    ["nothing", "", 400, "InvalidInput"],
  ];
  test.each(names)("an id that is %s: %j, and changes nothing", async (_what, tenantId, status, code) => {
    const mark = anId("named");
    expectProblem(await api("POST", "/tenants", { tenantId, name: mark, tier: "basic" }), status, code, ["/tenantId"]);
    expect(await itemsMentioning(mark)).toEqual([]);
    expect(await recordOf(tenantId)).toBeUndefined();
  });

  test("all of this without a namespace in the cluster", async () => {
    const wanted = [...ids, ...names.map(([, id]) => id)].map((id) => `namespace/tenant-${id}`);
    expect((await namespaces()).filter((name) => wanted.includes(name))).toEqual([]);
  });
});

describe("A tenant that stands stays as it is", () => {
  async function aTenant(
    body: Record<string, unknown> = {},
  ): Promise<{ tenantId: string; body: Record<string, unknown>; unchanged: () => Promise<void> }> {
    const tenantId = anId("stands");
    const onboarding = { tenantId, name: "Acme", tier: "basic", ...body };
    await api("POST", "/tenants", onboarding);
    await untilPhase(tenantId, "Ready");
    const [record, namespace, trail] = [
      await recordOf(tenantId),
      await kubeObject("namespace", `tenant-${tenantId}`),
      await trailOf(tenantId),
    ];
    const unchanged = async (): Promise<void> => {
      expect(await recordOf(tenantId)).toEqual(record);
      expect((await kubeObject("namespace", `tenant-${tenantId}`)).metadata).toEqual(namespace.metadata);
      expect((await trailOf(tenantId)).map(({ sequence }) => sequence)).toEqual(trail.map(({ sequence }) => sequence));
    };
    return { tenantId, body: onboarding, unchanged };
  }

  test("when it is onboarded again with other data (409); with the same data it is rendered (200)", async () => {
    const { body, unchanged } = await aTenant();
    expectProblem(await api("POST", "/tenants", { ...body, name: "Other" }), 409, "TenantExists");
    expectProblem(await api("POST", "/tenants", { ...body, tier: "premium" }), 409, "TenantExists");
    await unchanged();
    // That it was asked for again is kept, so that a decommission asked for before this comes too late.
    expect(await api("POST", "/tenants", body)).toMatchObject({ status: 200, body: { phase: "Ready", generation: 1 } });
  });

  test("when an idempotency key comes again: with the same body the tenant is rendered, with another it is 422", async () => {
    const headers = { "idempotency-key": newKey() };
    const tenantId = anId("key");
    const body = { tenantId, name: "Acme", tier: "basic" };
    expect((await api("POST", "/tenants", body, { headers })).status).toBe(201);
    const record = await recordOf(tenantId);
    expect(await api("POST", "/tenants", { tier: "basic", name: "Acme", tenantId }, { headers })).toMatchObject({
      status: 200,
      body: { tenantId, generation: 1 },
    });
    expectProblem(await api("POST", "/tenants", { ...body, name: "Other" }, { headers }), 422, "IdempotencyKeyReused");
    expectProblem(await api("PATCH", `/tenants/${tenantId}`, { tier: "premium" }, { headers }), 422, "IdempotencyKeyReused");
    expectProblem(await api("DELETE", `/tenants/${tenantId}`, undefined, { headers }), 422, "IdempotencyKeyReused");
    expect(await recordOf(tenantId)).toEqual(record);
  });

  test("when a change of it is bad input", async () => {
    const labels = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`label-${i}`, "x"]));
    const { tenantId, unchanged } = await aTenant({ labels });
    const patch = (body: unknown, headers: Record<string, string> = {}) => api("PATCH", `/tenants/${tenantId}`, body, { headers });
    expectProblem(await patch("{"), 400, "InvalidInput", [""]);
    expectProblem(await patch({}), 400, "InvalidInput", [""]);
    expectProblem(await patch({ tenantId: "other" }), 400, "InvalidInput", ["/tenantId"]);
    expectProblem(await patch({ tier: 7, phase: "Ready" }), 400, "InvalidInput", ["/tier", "/phase"]);
    expectProblem(await patch({ tier: null }), 400, "InvalidInput", ["/tier"]);
    expectProblem(await patch({ tier: "platinum" }), 422, "UnknownTier", ["/tier"]);
    expectProblem(await patch({ quota: { cpu: "two" } }), 400, "InvalidInput", ["/quota/cpu"]);
    expectProblem(await patch({ quota: { cpu: "64" } }), 422, "QuotaAboveCeiling", ["/quota/cpu"]);
    expectProblem(await patch({ labels: { a: "x", b: "x" } }), 400, "InvalidInput", ["/labels"]);
    expectProblem(await patch({ expiresAt: "2020-01-01T00:00:00Z" }), 400, "InvalidInput", ["/expiresAt"]);
    expectProblem(await patch({ tier: "premium" }, { "if-match": '"7"' }), 412, "PreconditionFailed");
    expectProblem(await patch({ tier: "premium" }, { "if-match": '"1", "2"' }), 400, "InvalidInput", ["/If-Match"]);
    await unchanged();
  });

  test("when its deletion carries a body", async () => {
    const { tenantId, unchanged } = await aTenant();
    expectProblem(await api("DELETE", `/tenants/${tenantId}`, { force: true }), 400, "InvalidInput", [""]);
    await unchanged();
  });
});

describe("A tenant that is not there", () => {
  test("is 404 for every call, and is not made by it", async () => {
    const tenantId = anId("absent");
    expectProblem(await api("GET", `/tenants/${tenantId}`), 404, "TenantNotFound");
    expectProblem(await api("GET", `/tenants/${tenantId}/events`), 404, "TenantNotFound");
    expectProblem(await api("PATCH", `/tenants/${tenantId}`, { tier: "premium" }), 404, "TenantNotFound");
    expectProblem(await api("DELETE", `/tenants/${tenantId}`), 404, "TenantNotFound");
    expect(await itemsMentioning(tenantId)).toEqual([]);
  });

  test("whose id cannot be one is 400 in the path", async () => {
    for (const id of ["UPPER", "a--b", "a".repeat(64), "%D0%B0cme"])
      expectProblem(await api("PATCH", `/tenants/${id}`, { tier: "premium" }), 400, "InvalidInput", ["/tenantId"]);
  });
});

describe("The registry of clusters", () => {
  const aCluster = { roleArn: "arn:aws:iam::000000000000:role/tenantry-cluster-local", eksClusterName: "local", capacity: 1 };

  test("refuses what is no cluster, and one that does not answer, and records nothing", async () => {
    const name = anId("cluster");
    const put = (body: unknown) => api("PUT", `/clusters/${name}`, body);
    expectProblem(await put({ ...aCluster, roleArn: "admin" }), 400, "InvalidInput", ["/roleArn"]);
    expectProblem(await put({ ...aCluster, endpoint: "http://127.0.0.1", certificateAuthority: "x" }), 400, "InvalidInput", [
      "/endpoint",
      "/certificateAuthority",
    ]);
    expectProblem(await put({ ...aCluster, endpoint: "https://127.0.0.1:1" }), 400, "InvalidInput", ["/endpoint"]);
    const certificateAuthority = Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").toString("base64");
    expectProblem(await put({ ...aCluster, endpoint: "https://127.0.0.1:1", certificateAuthority }), 503, "ClusterUnreachable");
    const elsewhere = { ...aCluster, endpoint: "https://api.example.com", certificateAuthority };
    for (const eksClusterName of ["local", anId("unknown")])
      expectProblem(await put({ ...elsewhere, eksClusterName }), 422, "EndpointNotAllowed", ["/endpoint"]);
    expectProblem(await api("PUT", "/clusters/UPPER", aCluster), 400, "InvalidInput", ["/name"]);
    expect(await itemsMentioning(name)).toEqual([]);
  });

  test("keeps a cluster that holds tenants", async () => {
    await api("POST", "/tenants", { tenantId: anId("holds"), name: "Acme", tier: "basic" });
    expectProblem(await api("DELETE", "/clusters/local"), 409, "ClusterInUse");
    expect((await api("GET", "/clusters/local")).status).toBe(200);
  });

  test("honours an idempotency key: the same again renders the cluster, something else is 422", async () => {
    const name = anId("keyed");
    const labels = { test: name };
    const headers = { "idempotency-key": newKey() };
    const put = (body: unknown) => api("PUT", `/clusters/${name}`, body, { headers });
    expect((await put({ ...aCluster, labels })).status).toBe(201);
    expect((await api("POST", `/clusters/${name}/cordon`)).body.state).toBe("Cordoned");
    expect(await put({ ...aCluster, labels })).toMatchObject({ status: 200, body: { state: "Cordoned", labels } });
    expectProblem(await put({ ...aCluster, labels, capacity: 5 }), 422, "IdempotencyKeyReused");
    expectProblem(await api("POST", `/clusters/${name}/uncordon`, undefined, { headers }), 422, "IdempotencyKeyReused");
    expectProblem(await api("DELETE", `/clusters/${name}`, undefined, { headers }), 422, "IdempotencyKeyReused");
    expect((await api("GET", `/clusters/${name}`)).body).toMatchObject({ state: "Cordoned", capacity: 1 });
    const deletion = { headers: { "idempotency-key": newKey() } };
    expect((await api("DELETE", `/clusters/${name}`, undefined, deletion)).status).toBe(204);
    expect((await api("DELETE", `/clusters/${name}`, undefined, deletion)).status).toBe(204);
    expectProblem(await api("DELETE", `/clusters/${name}`), 404, "ClusterNotFound");
  });
});
