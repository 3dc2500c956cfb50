import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { KubeConfig, VersionApi } from "@kubernetes/client-node";
import { kubeConfigOf } from "../../../shared/adapters/kubernetes/kubeconfig.ts";
import { createAuthority } from "../../../local/kubernetes/certificates.ts";
import { clusterApiContract } from "../../support/cluster-api-contract.ts";
import { administrator, fixedToken, makeClient } from "../../support/real-cluster.ts";

const signal = new AbortController().signal;
const namespaceOf = (name: string) => ({ apiVersion: "v1", kind: "Namespace", name });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

clusterApiContract("the real API server", async () => {
  const { cluster, token } = await administrator();
  const { api, close } = makeClient({ cluster, tokens: fixedToken(token) });
  const finishDeletes = async (name: string): Promise<void> => {
    while ((await api.get(namespaceOf(name), signal)) !== undefined) await pause(200);
  };
  return { api, close, finishDeletes };
});

describe("the client, on the real API server", () => {
  const namespace = `client-${randomBytes(4).toString("hex")}`;
  let admin: Awaited<ReturnType<typeof administrator>>;
  const closing: (() => Promise<void>)[] = [];
  const client = (options: Partial<Parameters<typeof makeClient>[0]> = {}) => {
    const made = makeClient({ cluster: admin.cluster, tokens: fixedToken(admin.token), ...options });
    closing.push(made.close);
    return made.api;
  };

  beforeAll(async () => {
    admin = await administrator();
    await client().apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, signal);
  });
  afterAll(async () => {
    await client().delete(namespaceOf(namespace), {}, signal);
    await Promise.all(closing.map((close) => close()));
  });

  test("500 applies at once open no more connections than the pool holds", async () => {
    let opened = 0;
    let requests = 0;
    const api = client({
      connections: 4,
      onConnect: () => (opened += 1),
      settings: { requestTimeoutMs: 30_000, onRequest: () => (requests += 1) },
    });
    const account = (i: number) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: `account-${i}`, namespace } });
    await Promise.all(Array.from({ length: 500 }, (_, i) => api.apply(account(i), signal)));
    expect(requests).toBeGreaterThanOrEqual(500); // A busy server answers some with 429, and they are sent again.
    expect(opened).toBeGreaterThanOrEqual(1);
    expect(opened).toBeLessThanOrEqual(4);
  }, 60_000);

  test("a refused token is Unauthorized, and is not repeated in the error", async () => {
    const secret = randomBytes(16).toString("hex");
    const error = await client({ tokens: fixedToken(secret) })
      .get(namespaceOf("default"), signal)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 401, reason: "Unauthorized", retryable: false });
    expect(String((error as Error).message)).not.toContain(secret);
  });

  test("an API server that another authority vouches for is not spoken to", async () => {
    const { cert } = createAuthority("somebody-else");
    let asked = 0;
    const tokens = { get: () => Promise.resolve("secret"), refuse: () => {} };
    const api = client({
      cluster: { ...admin.cluster, caData: Buffer.from(cert).toString("base64") },
      tokens,
      settings: { onRequest: () => (asked += 1) },
    });
    await expect(api.get(namespaceOf("default"), signal)).rejects.toMatchObject({
      status: undefined,
      reason: "Unreachable",
      message: expect.stringMatching(/certificate/),
    });
    expect(asked).toBe(1); // No retry mends trust.
  });

  test("an invalid object is Invalid, with the API server's words", async () => {
    const wrong = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { "not a label": "x" } } };
    await expect(client().apply(wrong, signal)).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
      message: expect.stringContaining("not a label"),
    });
  });

  test("client-node's own KubeConfig takes the kubeconfig that is made for a registered cluster", async () => {
    const { server, caData } = admin.cluster;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(kubeConfigOf({ name: "registered", endpoint: server, certificateAuthority: caData }, admin.token));
    expect((await kubeConfig.makeApiClient(VersionApi).getCode()).gitVersion).toMatch(/^v1\./);
  });
});
