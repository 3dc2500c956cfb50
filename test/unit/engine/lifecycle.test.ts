import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { phaseOf } from "../../../shared/domain/phase.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { activateTenant } from "../../../shared/usecases/activate-tenant.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { aCluster } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import { MemorySlots } from "../../support/memory-table.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const signal = AbortSignal.timeout(60_000);
const namespace = "tenant-acme";
const deployment = (name: string, replicas: number): KubernetesObject =>
  ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec: { replicas } }) as KubernetesObject;
const cronJob = (name: string, suspend: boolean): KubernetesObject =>
  ({ apiVersion: "batch/v1", kind: "CronJob", metadata: { name, namespace }, spec: { suspend } }) as KubernetesObject;

async function onboarded() {
  const engine = anEngine();
  await onboardTenant(engine.command(), acme, engine.ports);
  const specOf = async (apiVersion: string, kind: string, name: string) =>
    ((await engine.cluster.get({ apiVersion, kind, name, namespace }, signal)) as { spec?: Record<string, unknown> } | undefined)?.spec;
  const replicasOf = async (name: string) => (await specOf("apps/v1", "Deployment", name))?.["replicas"];
  return { engine, specOf, replicasOf };
}

describe("A suspended tenant", () => {
  test("has its network closed, nobody bound, no room for new pods, and its workloads at zero", async () => {
    const { engine, specOf, replicasOf } = await onboarded();
    engine.cluster.put(deployment("web", 3));
    engine.cluster.put(deployment("idle", 0));
    engine.cluster.put(cronJob("report", false));
    const { tenant } = await suspendTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Suspended");
    expect(await replicasOf("web")).toBe(0);
    expect(await specOf("batch/v1", "CronJob", "report")).toMatchObject({ suspend: true });
    expect(await specOf("networking.k8s.io/v1", "NetworkPolicy", "tenant-isolation")).toMatchObject({ ingress: [], egress: [] });
    expect(await specOf("v1", "ResourceQuota", "tenant-quota")).toMatchObject({ hard: { pods: "0" } });
    expect(
      await engine.cluster.get(
        { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", name: "tenant-binding", namespace },
        signal,
      ),
    ).toBeUndefined();
    expect(tenant.status.sleepers).toBe(2);
    expect(await engine.table.pageSleepers("acme", 9)).toEqual([
      { kind: "CronJob", name: "report", uid: expect.any(String) },
      { kind: "Deployment", name: "web", uid: expect.any(String), replicas: 3 },
    ]);
    expect(engine.said().at(-1)).toBe("3 TenantSuspended");
  });

  test("wakes exactly as it was: what was removed stays away, what was added or replaced stays as it is", async () => {
    const { engine, specOf, replicasOf } = await onboarded();
    for (const [name, replicas] of [
      ["web", 3],
      ["gone", 2],
      ["replaced", 4],
      ["idle", 0],
    ] as const)
      engine.cluster.put(deployment(name, replicas));
    engine.cluster.put(cronJob("report", false));
    engine.cluster.put(cronJob("off", true));
    await suspendTenant(engine.command(), engine.ports);
    for (const name of ["gone", "replaced"])
      await engine.cluster.delete({ apiVersion: "apps/v1", kind: "Deployment", name, namespace }, {}, signal);
    engine.cluster.put(deployment("replaced", 0));
    engine.cluster.put(deployment("added", 0));
    engine.pass(1_000);
    const { tenant } = await activateTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Ready");
    expect(await replicasOf("web")).toBe(3);
    expect(await replicasOf("gone")).toBeUndefined();
    expect([await replicasOf("replaced"), await replicasOf("added"), await replicasOf("idle")]).toEqual([0, 0, 0]);
    expect(await specOf("batch/v1", "CronJob", "report")).toMatchObject({ suspend: false });
    expect(await specOf("batch/v1", "CronJob", "off")).toMatchObject({ suspend: true });
    expect(await specOf("v1", "ResourceQuota", "tenant-quota")).toMatchObject({ hard: { pods: "20" } });
    expect(
      await engine.cluster.get(
        { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", name: "tenant-binding", namespace },
        signal,
      ),
    ).toBeDefined();
    expect(tenant.status.sleepers).toBeUndefined();
    expect(await engine.table.pageSleepers("acme", 9)).toEqual([]);
    expect(tenant.status.applied).not.toHaveProperty("Workloads");
    expect(engine.said().at(-1)).toBe("4 TenantActivated");
  });

  test("keeps the counts of the first capture when it is suspended and changed again", async () => {
    const { engine, replicasOf } = await onboarded();
    engine.cluster.put(deployment("web", 3));
    await suspendTenant(engine.command(), engine.ports);
    engine.pass(1_000);
    await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    await suspendTenant(engine.command(), engine.ports);
    engine.pass(1_000);
    await activateTenant(engine.command(), engine.ports);
    expect(await replicasOf("web")).toBe(3);
  });

  test("carries the fence on the Namespace, as a deletion leaves nothing that could", async () => {
    const { engine } = await onboarded();
    await suspendTenant(engine.command(), engine.ports);
    const found = await engine.cluster.get({ apiVersion: "v1", kind: "Namespace", name: namespace }, signal);
    expect(found?.metadata?.annotations).toMatchObject({ "tenantry.dev/generation": "2" });
  });

  test("can be decommissioned", async () => {
    const { engine } = await onboarded();
    await suspendTenant(engine.command(), engine.ports);
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
  });
});

describe("A tenant that is neither suspended nor paused", () => {
  test("stays as it is when it is activated or resumed: no generation, no event", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    await activateTenant(engine.command(), engine.ports);
    await pauseTenant(engine.command(), false, engine.ports);
    expect(await engine.tenant()).toMatchObject({ generation: 1 });
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  });
});

describe("A paused tenant", () => {
  test("has its changes recorded and not applied, says so, and catches up when it is resumed", async () => {
    const { engine, specOf } = await onboarded();
    await pauseTenant(engine.command(), true, engine.ports);
    engine.pass(1_000);
    const { tenant } = await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    expect(tenant.desired.tier).toBe("premium");
    expect(tenant.status.conditions.find(({ type }) => type === "Ready")).toMatchObject({ status: "False", reason: "Paused" });
    expect(tenant.status.conditions.find(({ type }) => type === "Placed")).toMatchObject({ status: "True" });
    expect(tenant.dueAt).toBeUndefined();
    expect(await specOf("v1", "ResourceQuota", "tenant-quota")).toMatchObject({ hard: { "requests.cpu": "2" } });
    const resumed = await pauseTenant(engine.command(), false, engine.ports);
    expect(phaseOf(resumed.tenant)).toBe("Ready");
    expect(await specOf("v1", "ResourceQuota", "tenant-quota")).toMatchObject({ hard: { "requests.cpu": "8" } });
  });

  test("on a paused cluster waits, and goes on when the cluster does", async () => {
    const { engine } = await onboarded();
    engine.registry.set(aCluster({ paused: true }));
    const { tenant } = await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    expect(tenant.status.conditions.find(({ type }) => type === "Ready")).toMatchObject({ reason: "ClusterPaused" });
    engine.registry.set(aCluster());
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });
});

describe("A trial tenant", () => {
  const day = 86_400_000;
  test("is told of before it expires, once, and then decommissioned by itself", async () => {
    const engine = anEngine();
    const expiresAt = new Date(Date.parse(engine.now()) + 10 * day).toISOString();
    const { tenant } = await onboardTenant(engine.command(), { ...acme, expiresAt }, engine.ports);
    expect(phaseOf(tenant)).toBe("Ready");
    expect(Date.parse(tenant.dueAt ?? "")).toBe(Date.parse(expiresAt) - 3 * day);
    await engine.settle("acme", 1);
    expect(engine.said().at(-1)).toBe("3 TenantExpiring");
    expect((await engine.tenant()).dueAt).toBe(expiresAt);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady", "3 TenantExpiring", "4 TenantDecommissioned"]);
  });

  test("that is paused past its expiry is left alone, and nothing is due", async () => {
    const engine = anEngine();
    const expiresAt = new Date(Date.parse(engine.now()) + day).toISOString();
    await onboardTenant(engine.command(), { ...acme, expiresAt }, engine.ports);
    engine.pass(1_000);
    const { tenant } = await pauseTenant(engine.command(), true, engine.ports);
    engine.pass(2 * day);
    expect(tenant.dueAt).toBeUndefined();
    await pauseTenant(engine.command(), false, engine.ports);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
  });

  test("lives on when its expiry is moved, and is told of again", async () => {
    const engine = anEngine();
    const at = (days: number) => new Date(Date.parse("2030-01-01T00:00:00.000Z") + days * day).toISOString();
    await onboardTenant(engine.command(), { ...acme, expiresAt: at(10) }, engine.ports);
    await engine.settle("acme", 1);
    await changeTenant(engine.command(), { expiresAt: at(40) }, engine.ports);
    await engine.settle("acme", 1);
    expect(engine.said().slice(2)).toEqual(["3 TenantExpiring", "4 TenantExpiring"]);
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });
});

describe("A decommission", () => {
  test("cuts access before the namespace goes, and proves that nothing is left outside it", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports);
    expect(engine.cluster.calls.filter(({ verb }) => verb === "delete").map(({ ref }) => ref?.kind)).toEqual(["RoleBinding", "Namespace"]);
    engine.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "left-behind", labels: { "tenant-id": "acme" } } });
    await engine.settle("acme", 3);
    const stuck = await engine.tenant();
    expect(stuck.status.failure).toMatchObject({ reason: "LeftoversRemain", message: expect.stringContaining("Namespace/left-behind") });
    await engine.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "left-behind" }, {}, signal);
    await engine.settle();
    const tombstone = await engine.tenant();
    expect(tombstone.status.proof).toMatchObject({
      clusterScoped: { found: 0, kindsChecked: 1, kindsUnchecked: [] },
      identityMappings: 0,
      namespaceAbsentAt: expect.any(String),
    });
  });

  test("says what holds a namespace that does not go, in the words of its own conditions", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports);
    const held = await engine.cluster.get({ apiVersion: "v1", kind: "Namespace", name: namespace }, signal);
    const message = "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances";
    engine.cluster.put({
      ...held,
      status: { conditions: [{ type: "NamespaceFinalizersRemaining", status: "True", message }] },
    } as KubernetesObject);
    engine.cluster.finishDeletes = () => {};
    await engine.settle("acme", 2);
    const tenant = await engine.tenant();
    expect(phaseOf(tenant)).toBe("Deleting");
    expect(engine.cluster.calls.some(({ verb }) => verb === "finalize")).toBe(false);
    expect(tenant.status.conditions.find(({ type }) => type === "Ready")).toMatchObject({
      reason: "NamespaceTerminating",
      message: expect.stringContaining("example.com/hold"),
    });
  });

  test("with ?force=true passes over what holds the namespace, and only where something does", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports, { force: true });
    expect(engine.cluster.calls.some(({ verb }) => verb === "finalize")).toBe(false);
    const held = await engine.cluster.get({ apiVersion: "v1", kind: "Namespace", name: namespace }, signal);
    engine.cluster.put({
      ...held,
      status: { conditions: [{ type: "NamespaceFinalizersRemaining", status: "True", message: "held" }] },
    } as KubernetesObject);
    engine.cluster.finishDeletes = () => {};
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
  });

  test("on a cluster that is gone is Blocked with the way out, and ?forget=cluster takes it", async () => {
    const { engine } = await onboarded();
    engine.registry.clusters.delete("local");
    engine.pass(1_000);
    const { tenant } = await tearDownTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Blocked");
    expect(tenant.status.failure?.message).toContain("?forget=cluster");
    engine.registry.set(aCluster({ endpoint: "https://127.0.0.1:1" }));
    const forgotten = await tearDownTenant(engine.command(), engine.ports, { forgetCluster: true });
    expect(phaseOf(forgotten.tenant)).toBe("Deleted");
    expect(forgotten.tenant.status.proof).toMatchObject({ cluster: "local", namespaceAbsentAt: null });
  });

  test("waits for a slot where its cluster deletes as many namespaces as it may", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    const slots = { ...engine.ports.slots, acquire: async ({ name }: { name: string }) => (name.endsWith("/deletions") ? undefined : 0) };
    const { tenant } = await tearDownTenant(engine.command(), { ...engine.ports, slots });
    expect(tenant.status.conditions.find(({ type }) => type === "Ready")).toMatchObject({ reason: "DeletionPaced" });
    expect(engine.cluster.calls.some(({ verb }) => verb === "delete")).toBe(false);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
  });

  test("gives its slot back once its namespace is gone", async () => {
    const { engine } = await onboarded();
    engine.pass(1_000);
    const slots = new MemorySlots();
    engine.ports.slots = slots;
    await tearDownTenant(engine.command(), engine.ports);
    expect([...slots.held.keys()]).toEqual(["local/deletions/0"]);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
    expect([...slots.held.keys()]).toEqual([]);
  });
});

describe("A failure", () => {
  test("that lasts longer than the configured age is Blocked, with the last error in words, and looked at again", async () => {
    const { engine } = await onboarded();
    engine.cluster.before = () => {
      throw new ClusterError(undefined, "Unreachable", "connection refused");
    };
    await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    for (let tries = 0; tries < 400 && phaseOf(await engine.tenant()) !== "Blocked"; tries++) await engine.settle("acme", 5);
    const blocked = await engine.tenant();
    expect(phaseOf(blocked)).toBe("Blocked");
    expect(blocked.status.failure).toMatchObject({ blocked: true, message: expect.stringContaining("connection refused") });
    expect(engine.said().at(-1)).toMatch(/TenantBlocked$/);
    engine.cluster.before = undefined;
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });
});
