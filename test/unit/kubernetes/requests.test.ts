import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ClusterError } from "../../../shared/ports.ts";
import { fixedToken, makeClient, type ClientOptions } from "../../support/real-cluster.ts";
import { startTlsServer, type TlsServer } from "../../support/tls-server.ts";

const ref = { apiVersion: "v1", kind: "Namespace", name: "tenant-a" };
const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-a" } };
const status = (code: number, reason: string, message = "words") => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", code, reason, message },
});
const never = new AbortController().signal;
const failure = async (work: Promise<unknown>): Promise<ClusterError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
};

describe.each(["h2", "http/1.1"] as const)("requests over %s", (protocol) => {
  let server: TlsServer;
  const closing: (() => Promise<void>)[] = [];
  const client = (options: Partial<ClientOptions> = {}) => {
    const made = makeClient({ cluster: server.cluster, tokens: fixedToken("secret-token"), ...options });
    closing.push(made.close);
    return made.api;
  };
  beforeEach(async () => {
    server = await startTlsServer({ protocol });
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    await server.close();
  });

  test("an apply is a server-side apply, by force, as tenantry, with the bearer token", async () => {
    server.script({ body: { ...object, metadata: { name: "tenant-a", uid: "1" } } });
    expect(await client().apply(object, never)).toMatchObject({ metadata: { uid: "1" } });
    const [request] = server.received;
    expect(request).toMatchObject({
      method: "PATCH",
      path: "/api/v1/namespaces/tenant-a?fieldManager=tenantry&force=true",
      body: JSON.stringify(object),
    });
    expect(request?.headers).toMatchObject({ authorization: "Bearer secret-token", "content-type": "application/apply-patch+yaml" });
  });

  test("a delete is in the background, of that uid alone", async () => {
    await client().delete(ref, { uid: "1" }, never);
    expect(server.received[0]).toMatchObject({ method: "DELETE", path: "/api/v1/namespaces/tenant-a" });
    expect(JSON.parse(server.received[0]?.body ?? "")).toMatchObject({ propagationPolicy: "Background", preconditions: { uid: "1" } });
  });

  test("a right is asked for by a SelfSubjectAccessReview over all namespaces; only a clear yes is one", async () => {
    const right = { verb: "patch", group: "apps", resource: "deployments", subresource: "scale" };
    const review = (reviewed: object) => ({ status: 201, body: { kind: "SelfSubjectAccessReview", ...reviewed } });
    server.script(review({ status: { allowed: true } }), review({ status: { allowed: false, evaluationError: "?" } }), review({}));
    const api = client();
    expect([await api.allows(right, never), await api.allows(right, never), await api.allows(right, never)]).toEqual([true, false, false]);
    expect(server.received[0]).toMatchObject({ method: "POST", path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" });
    expect(JSON.parse(server.received[0]?.body ?? "")).toMatchObject({ spec: { resourceAttributes: right } });
    server.script(status(403, "Forbidden"));
    expect((await failure(api.allows(right, never))).status).toBe(403);
  });

  test("requests at once share few connections", async () => {
    const api = client({ connections: 3 });
    await Promise.all(Array.from({ length: 50 }, () => api.get(ref, never)));
    expect(server.received).toHaveLength(50);
    expect(server.connections()).toBeLessThanOrEqual(3);
  });

  test("429 is tried again after Retry-After, and not before", async () => {
    server.script({ ...status(429, "TooManyRequests"), headers: { "retry-after": "1" } }, { body: object });
    const start = performance.now();
    expect(await client().get(ref, never)).toEqual(object);
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
    expect(server.received).toHaveLength(2);
  });

  test("a Retry-After longer than a request may take is the reconcile's to wait for", async () => {
    server.script({ ...status(429, "TooManyRequests"), headers: { "retry-after": "30" } });
    expect(await failure(client().get(ref, never))).toMatchObject({ status: 429, reason: "TooManyRequests", retryable: true });
    expect(server.received).toHaveLength(1);
  });

  test("500 and 503 are tried again with the same bytes, a few times", async () => {
    server.script(status(500, "InternalError"), status(503, ""), { body: object });
    expect(await client().apply(object, never)).toEqual(object);
    expect(new Set(server.received.map(({ body }) => body)).size).toBe(1);
    server.received.length = 0;
    server.script(status(500, "InternalError", "etcd is away"));
    const error = await failure(client().apply(object, never));
    expect(error).toMatchObject({
      status: 500,
      reason: "InternalError",
      retryable: true,
      message: "etcd is away (apply Namespace tenant-a: 500)",
    });
    expect(server.received).toHaveLength(4);
  });

  test("409, 403 and 422 are not tried again", async () => {
    for (const code of [409, 403, 422]) {
      server.received.length = 0;
      server.script(status(code, "SomeReason"));
      expect(await failure(client().apply(object, never))).toMatchObject({ status: code, reason: "SomeReason", retryable: false });
      expect(server.received).toHaveLength(1);
    }
  });

  test("a connection that breaks in the middle is made anew", async () => {
    server.script({ body: object }, { reset: true }, { body: object });
    const api = client();
    await api.get(ref, never);
    expect(await api.apply(object, never)).toEqual(object);
    expect(server.received.map(({ method }) => method)).toEqual(["GET", "PATCH", "PATCH"]);
  });

  test("an API server that is down is Unreachable, and retryable", async () => {
    const api = client();
    await server.close();
    expect(await failure(api.get(ref, never))).toMatchObject({ status: undefined, reason: "Unreachable", retryable: true });
  });

  test("no answer within the deadline is a Timeout, sent once; the next request goes on a new connection", async () => {
    server.script({ delayMs: 5_000 }, { body: object });
    const api = client({ settings: { requestTimeoutMs: 100 } });
    expect(await failure(api.get(ref, never))).toMatchObject({ status: undefined, reason: "Timeout", retryable: true });
    expect(server.received).toHaveLength(1);
    expect(await api.get(ref, never)).toEqual(object);
    expect(server.connections()).toBe(2);
  });

  test.each([
    ["the monotonic clock", performance, 3_000_000],
    ["the wall clock alone, as in a function that was frozen", Date, 3_000_000],
  ] as const)("a connection that was idle by %s is not used again", async (_which, clock, passed) => {
    server.script({ body: object });
    const api = client();
    await api.get(ref, never);
    const now = clock.now.bind(clock);
    const before = server.connections();
    const moved = jest.spyOn(clock, "now").mockImplementation(() => now() + passed);
    try {
      await api.get(ref, never);
    } finally {
      moved.mockRestore();
    }
    expect(server.connections()).toBe(before + 1);
  });

  test("the caller's signal ends a request in flight, a pause between tries, and a wait for the bucket", async () => {
    const soon = (): AbortSignal => AbortSignal.timeout(80);
    const aborted = { status: undefined, reason: "Aborted" };
    const within = async (work: Promise<unknown>): Promise<void> => {
      const start = performance.now();
      expect(await failure(work)).toMatchObject(aborted);
      expect(performance.now() - start).toBeLessThan(900);
    };
    server.script({ delayMs: 2_000 });
    await within(client().get(ref, soon()));
    server.script({ ...status(429, "TooManyRequests"), headers: { "retry-after": "2" } });
    await within(client().get(ref, soon()));
    server.script({ body: object });
    const paced = client({ pace: { qps: 0.5, burst: 1 } });
    await paced.get(ref, never);
    await within(paced.get(ref, soon()));
  });

  test("an answer larger than any page of objects is not read", async () => {
    server.script({ body: "x".repeat(33 * 1024 * 1024) });
    expect((await failure(client().get(ref, never))).reason).toBe("ResponseTooLarge");
    const large = { ...object, data: "x".repeat(2_000_000) };
    expect(await failure(client().apply(large, never))).toMatchObject({ status: 413, reason: "RequestEntityTooLarge", retryable: false });
  });

  test("another server's 404 does not pass for an absent object", async () => {
    server.script({ status: 404, body: "<html>no such page</html>" });
    expect(await failure(client().get(ref, never))).toMatchObject({ status: 404, reason: "NotFound" });
    expect(await failure(client().delete(ref, {}, never))).toMatchObject({ status: 404 });
    server.script(status(404, "NotFound"));
    expect(await client().get(ref, never)).toBeUndefined();
  });

  test("an answer that is no JSON is not an object", async () => {
    server.script({ body: "welcome" });
    expect(await failure(client().get(ref, never))).toMatchObject({ reason: "Unreachable", message: expect.stringContaining("not JSON") });
  });

  test("401 mints one new token, once", async () => {
    const tokens = {
      current: "old",
      get: jest.fn(() => Promise.resolve(tokens.current)),
      refuse: jest.fn((_token: string) => {
        tokens.current = "new";
      }),
    };
    server.script((request) => (request.headers["authorization"] === "Bearer new" ? { body: object } : status(401, "Unauthorized")));
    expect(await client({ tokens }).get(ref, never)).toEqual(object);
    expect(tokens.refuse).toHaveBeenCalledTimes(1);
    expect(tokens.refuse).toHaveBeenCalledWith("old");
    server.received.length = 0;
    server.script(status(401, "Unauthorized"));
    expect((await failure(client({ tokens }).get(ref, never))).status).toBe(401);
    expect(server.received).toHaveLength(2);
  });

  test("no bearer token comes out in an error, even where the server repeats it", async () => {
    server.script(status(403, "Forbidden", "refused Bearer secret-token and k8s-aws-v1.aGVsbG8-_x"));
    const { message } = await failure(client().get(ref, never));
    expect(message).toContain("refused [redacted] and [redacted]");
    expect(message).not.toMatch(/secret-token|aGVsbG8/);
  });
});

describe("trust", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });
  const refused = async (server: TlsServer, cluster: TlsServer["cluster"]): Promise<ClusterError> => {
    const { api, close } = makeClient({ cluster, tokens: fixedToken("secret-token") });
    closing.push(close, () => server.close());
    const error = await failure(api.get(ref, never));
    expect(server.received).toHaveLength(0);
    expect(error).toMatchObject({ status: undefined, reason: "Unreachable" });
    return error;
  };

  test("a certificate of another authority is refused before anything is said, whatever the environment allows", async () => {
    const [server, other] = await Promise.all([startTlsServer(), startTlsServer()]);
    closing.push(() => other.close());
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      expect((await refused(server, { ...server.cluster, caData: other.cluster.caData })).message).toMatch(/certificate/);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  test("a certificate for another host is refused before anything is said", async () => {
    const server = await startTlsServer({ hosts: ["10.0.0.1"] });
    expect((await refused(server, server.cluster)).message).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("an endpoint without TLS or without an authority is not connected to", () => {
    const tokens = fixedToken("secret-token");
    expect(() => makeClient({ cluster: { name: "a", server: "http://127.0.0.1:1", caData: "" }, tokens })).toThrow(/not an https/);
    expect(() => makeClient({ cluster: { name: "a", server: "https://127.0.0.1:1", caData: "" }, tokens })).toThrow(
      /certificate authority/,
    );
  });
});
