import { describe, expect } from "@jest/globals";
import type { Fate, Passing } from "../support/fault-proxy.ts";
import { statusAnswer } from "../support/fault-proxy.ts";
import { aFaultyCluster, type FaultyCluster } from "../support/faulty-cluster.ts";
import { sideBySide } from "../support/side-by-side.ts";
import { type ApiAnswer, anId, api, kubectl, kubeObject, trailOf, until, untilPhase } from "../support/stack.ts";

/** Longest that a scenario takes, seconds: retries with their pauses, and two rounds of the sweep. */
const LONGEST = 180;

/** Waits for what the cluster comes to, however busy this machine is. */
const patient = { prefer: "wait=25" };

const clusters: FaultyCluster[] = [];
const tenants: string[] = [];

async function faulty(): Promise<FaultyCluster> {
  const cluster = await aFaultyCluster();
  clusters.push(cluster);
  return cluster;
}

async function registered(): Promise<FaultyCluster> {
  const cluster = await faulty();
  await cluster.register();
  cluster.proxy.seen.length = 0;
  return cluster;
}

/** Onboards a tenant that can only land on this cluster. */
async function onboardOn({ requirements }: FaultyCluster, headers: Record<string, string> = {}) {
  const tenantId = anId("fault");
  tenants.push(tenantId);
  const answer = await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic", requirements }, { headers });
  return { tenantId, answer, answeredAt: Date.now() };
}

const conditionOf = ({ body }: Pick<ApiAnswer, "body">, type: string) => body.conditions.find((c: { type: string }) => c.type === type);
const typesOf = async (tenantId: string): Promise<string[]> => (await trailOf(tenantId)).map(({ sequence, type }) => `${sequence} ${type}`);
const isApply = ({ method }: Passing): boolean => method === "PATCH";
/** `/apis/.../roles/tenant-role?fieldManager=...` -> `roles/tenant-role`. */
const objectOf = ({ path }: Passing): string => path.replace(/\?.*/, "").split("/").slice(-2).join("/");
/** How often each object reached the API server. */
function served({ proxy }: FaultyCluster): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of proxy.seen.filter(isApply))
    if (request.served !== undefined) counts[objectOf(request)] = (counts[objectOf(request)] ?? 0) + 1;
  return counts;
}
const everyObjectOnce = (tenantId: string): Record<string, number> => ({
  [`namespaces/tenant-${tenantId}`]: 1,
  "networkpolicies/tenant-isolation": 1,
  [`serviceaccounts/tenant-${tenantId}`]: 1,
  "roles/tenant-role": 1,
  "rolebindings/tenant-binding": 1,
  "resourcequotas/tenant-quota": 1,
  "limitranges/tenant-limits": 1,
  "servicemonitors/tenant-monitor": 1,
});

const scenarios: Record<string, () => Promise<void>> = {
  "a cluster that is down: 202, the condition says why, TenantFailed once, and it finishes by itself when the cluster is up": async () => {
    const cluster = await registered();
    await cluster.proxy.down();
    const { tenantId, answer } = await onboardOn(cluster, patient);
    expect(answer).toMatchObject({ status: 202, body: { phase: "Failed" } });
    expect(conditionOf(answer, "Placed")).toMatchObject({ status: "True" });
    expect(conditionOf(answer, "Ready")).toMatchObject({
      status: "False",
      reason: "Unreachable",
      message: expect.stringContaining(`Cluster "${cluster.name}"`),
    });
    await until("TenantFailed", async () => ((await typesOf(tenantId)).includes("2 TenantFailed") ? true : undefined), 60);
    await cluster.proxy.up();
    await untilPhase(tenantId, "Ready", 90);
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantFailed", "3 TenantReady"]);
    expect(conditionOf(await api("GET", `/tenants/${tenantId}`), "Ready")).toMatchObject({ status: "True" });
  },

  "a cluster that does not answer: 202 when the caller's wait is over, and it finishes by itself": async () => {
    const cluster = await registered();
    cluster.proxy.on(() => ({ kind: "hang" }));
    const { tenantId, answer, answeredAt } = await onboardOn(cluster, { prefer: "wait=6" });
    // Failed where the request's own deadline was first.
    expect(answer).toMatchObject({ status: 202, body: { phase: expect.stringMatching(/^(Provisioning|Failed)$/) } });
    // From when the function is at work, so that a cold start does not count: within the wait and 3 s. Left to itself, the
    // client would try for 20 s.
    expect(cluster.proxy.seen).not.toEqual([]);
    expect(answeredAt - (cluster.proxy.seen[0]?.at ?? 0)).toBeLessThan(9_000);
    cluster.proxy.on(() => undefined);
    await untilPhase(tenantId, "Ready", 90);
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  },

  "a cluster that goes silent in the middle of the objects: what stands is kept, and the rest follows": async () => {
    const cluster = await registered();
    const silent = new Set(["roles/tenant-role", "resourcequotas/tenant-quota"]);
    cluster.proxy.on((request) => (isApply(request) && silent.has(objectOf(request)) ? { kind: "hang" } : undefined));
    const { tenantId, answer } = await onboardOn(cluster, { prefer: "wait=2" });
    expect(answer.status).toBe(202);
    cluster.proxy.on(() => undefined);
    await untilPhase(tenantId, "Ready", 90);
    expect(served(cluster)).toMatchObject({ "roles/tenant-role": 1, "resourcequotas/tenant-quota": 1 });
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  },

  "429 with Retry-After, a 500, a broken connection and a lost answer are ridden out within the request": async () => {
    const cluster = await registered();
    const once = new Map<string, Fate>([
      ["networkpolicies/tenant-isolation", statusAnswer(429, "TooManyRequests", "slow down", { "retry-after": "1" })],
      ["resourcequotas/tenant-quota", statusAnswer(500, "InternalError", "etcd is electing")],
      ["limitranges/tenant-limits", { kind: "reset" }],
      ["rolebindings/tenant-binding", { kind: "lose" }],
    ]);
    cluster.proxy.on((request) => {
      const fate = isApply(request) ? once.get(objectOf(request)) : undefined;
      once.delete(objectOf(request));
      return fate;
    });
    const { tenantId, answer } = await onboardOn(cluster, patient);
    expect(answer).toMatchObject({ status: 201, body: { phase: "Ready" } });
    const [first, second] = cluster.proxy.seen.filter((request) => objectOf(request) === "networkpolicies/tenant-isolation");
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    // HTTP/1.1 here: one connection a request, so a break takes nothing else with it.
    expect(served(cluster)).toEqual({ ...everyObjectOnce(tenantId), "rolebindings/tenant-binding": 2 });
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  },

  "500 for longer than a request tries again: 202 with the words, and only what failed is applied again": async () => {
    const cluster = await registered();
    let refusals = 6;
    cluster.proxy.on((request) => {
      if (!isApply(request) || objectOf(request) !== "resourcequotas/tenant-quota" || refusals-- <= 0) return undefined;
      return statusAnswer(500, "InternalError", "etcd is away");
    });
    const { tenantId, answer } = await onboardOn(cluster, patient);
    expect(answer).toMatchObject({ status: 202, body: { phase: "Failed" } });
    expect(conditionOf(answer, "QuotaApplied")).toMatchObject({
      status: "False",
      reason: "InternalError",
      message: expect.stringContaining("etcd is away"),
    });
    expect(conditionOf(answer, "AccessApplied")).toMatchObject({ status: "True" });
    await untilPhase(tenantId, "Ready", 90);
    expect(served(cluster)).toEqual(everyObjectOnce(tenantId));
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  },

  "no cluster that fits: the condition names what is asked for, and it finishes when one is registered": async () => {
    const cluster = await faulty();
    const { tenantId, answer } = await onboardOn(cluster, patient);
    expect(answer).toMatchObject({ status: 202, body: { phase: "Provisioning", cluster: null } });
    expect(conditionOf(answer, "Placed")).toMatchObject({
      status: "False",
      reason: "NoClusterFits",
      message: expect.stringContaining(`test=${cluster.name}`),
    });
    await cluster.register();
    await untilPhase(tenantId, "Ready", 120);
    expect((await api("GET", `/tenants/${tenantId}`)).body.cluster).toBe(cluster.name);
    expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  },

  "a foreign namespace of that name: Blocked, told once, untouched; and it finishes once that is gone and the tenant is changed":
    async () => {
      const cluster = await registered();
      const tenantId = anId("taken");
      tenants.push(tenantId);
      const namespace = `tenant-${tenantId}`;
      await kubectl("create", "namespace", namespace);
      await until("its default service account", async () => kubeObject("serviceaccount", "default", "-n", namespace));
      const before = await kubeObject("namespace", namespace);
      const onboarding = { tenantId, name: "Acme", tier: "basic", requirements: cluster.requirements };
      const answer = await api("POST", "/tenants", onboarding, { headers: patient });
      expect(answer).toMatchObject({ status: 202, body: { phase: "Blocked" } });
      expect(conditionOf(answer, "Ready")).toMatchObject({
        status: "False",
        reason: "NamespaceTaken",
        message: expect.stringContaining(namespace),
      });
      expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantBlocked"]);
      expect(cluster.proxy.seen.filter(({ method }) => method !== "GET")).toEqual([]);
      expect((await kubeObject("namespace", namespace)).metadata).toEqual(before.metadata);
      expect(await kubectl("get", "networkpolicies,roles,rolebindings,resourcequotas,limitranges", "-n", namespace, "-o", "name")).toBe("");
      await kubectl("delete", "namespace", namespace);
      await api("PATCH", `/tenants/${tenantId}`, { name: "Acme again" });
      await untilPhase(tenantId, "Ready", 60);
      expect(await typesOf(tenantId)).toEqual(["1 TenantOnboarded", "2 TenantBlocked", "3 TenantReady"]);
    },
};

describe("When the cluster fails", () => {
  sideBySide(scenarios, LONGEST, async () => {
    try {
      for (const { proxy } of clusters) proxy.on(() => undefined);
      await Promise.all(tenants.map((tenantId) => api("DELETE", `/tenants/${tenantId}`)));
      await Promise.all(tenants.map((tenantId) => untilPhase(tenantId, "Deleted", 120)));
      await Promise.all(clusters.map((cluster) => cluster.remove()));
    } finally {
      await Promise.all(clusters.map(({ proxy }) => proxy.close()));
    }
  });
});
