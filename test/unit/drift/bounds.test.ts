import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { outgoingEvents } from "../../../events/out/registry.ts";
import { type Grant, grantId } from "../../../shared/domain/access.ts";
import { shapeOfBindings } from "../../../shared/reconcile/grants.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { checkDrift } from "../../../shared/usecases/check-drift.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { aCause, aCluster, platform } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";

const never = new AbortController().signal;
const rbac = "rbac.authorization.k8s.io/v1";
const policyOf = (tenantId: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  name: "tenant-isolation",
  namespace: `tenant-${tenantId}`,
});

async function aFleet(ids: string[], drift: Partial<typeof platform.drift> = {}) {
  const engine = anEngine();
  const ports = { ...engine.ports, platform: { ...platform, drift: { ...platform.drift, ...drift } }, tenants: engine.table };
  for (const tenantId of ids) await onboardTenant(engine.command({ tenantId }), { name: tenantId, tier: "basic" }, ports);
  engine.pass(1_000);
  const check = async (signal: AbortSignal = never) => {
    engine.cluster.calls.length = 0;
    return await checkDrift({ cluster: "local" }, ports, { enough: never, signal });
  };
  const deletePolicies = async (...of: string[]): Promise<void> => {
    for (const tenantId of of) await engine.cluster.delete(policyOf(tenantId), {}, never);
  };
  const gets = (): number => engine.cluster.calls.filter(({ verb }) => verb === "get").length;
  const repairedOf = (tenantId: string) =>
    engine.table.events.filter((event) => event.type === "TenantDriftRepaired" && event.tenantId === tenantId).map(({ detail }) => detail);
  const bindings = async (): Promise<string[]> => {
    const { items } = await engine.cluster.list({ apiVersion: rbac, kind: "RoleBinding", namespace: "tenant-acme", limit: 1_000 }, never);
    return items.map(({ metadata }) => metadata?.name ?? "");
  };
  return { ...engine, ports, check, deletePolicies, gets, repairedOf, bindings };
}

/** Grants that the record takes for applied, of which no binding stands. */
async function withLostBindings(fleet: Awaited<ReturnType<typeof aFleet>>, count: number): Promise<void> {
  const tenant = await fleet.tenant("acme");
  const stands = { stands: shapeOfBindings(tenant, platform, aCluster()) };
  fleet.table.tenants.set("acme", { ...tenant, hasGrants: true, status: { ...tenant.status, grants: stands } });
  const at = fleet.now();
  for (let n = 0; n < count; n++) {
    const of = { tenantId: "acme", userId: `firstname.lastname${n}@example.com`, role: "tenant-developer" };
    const sources = { direct: { granted: true, at, cause: aCause() } };
    const grant: Grant = { ...of, granted: true, version: 1, createdAt: at, updatedAt: at, sources };
    fleet.table.grants.set(`acme#${grantId(grant)}`, grant);
  }
}

describe("A tenant of whom thousands of objects are amiss", () => {
  test("is told of in part, is brought back by a pass, and does not keep the others from being put right", async () => {
    const fleet = await aFleet(["acme", "b", "c"]);
    await withLostBindings(fleet, 4_000);
    await fleet.deletePolicies("c");
    expect(await fleet.check()).toMatchObject({ counts: { judged: 3, drifted: 2, more: 1, failed: 0 } });
    expect(fleet.gets()).toBeLessThan(60);
    expect((await fleet.tenant("acme")).repair).toMatchObject({ allGrants: true });
    await fleet.settle("acme", 100);
    await fleet.settle("c");
    expect(await fleet.bindings()).toHaveLength(1_000); // A page of them.
    const [detail] = fleet.repairedOf("acme");
    expect(detail?.data).toMatchObject({ objects: { length: 20 }, omitted: 3_980 });
    expect(outgoingEvents.TenantDriftRepaired.schema.safeParse(detail).error).toBeUndefined();
    expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(20_000);
    expect(fleet.repairedOf("c")).toHaveLength(1);
    expect(await fleet.check()).toMatchObject({ counts: { drifted: 0, more: 0 } });
  }, 60_000);

  test("loses what nobody granted a hundred at a time, until all of it is gone", async () => {
    const fleet = await aFleet(["acme"]);
    await grantAccess(fleet.command(), { userId: "anna", role: "tenant-viewer" }, undefined, fleet.ports);
    fleet.pass(1_000);
    const anna = (await fleet.cluster.get(
      { apiVersion: rbac, kind: "RoleBinding", name: "user-anna-tenant-viewer", namespace: "tenant-acme" },
      never,
    )) as KubernetesObject;
    const labels = { ...anna.metadata?.labels };
    for (let n = 0; n < 250; n++)
      fleet.cluster.put({ ...anna, metadata: { namespace: "tenant-acme", name: `user-eve${n}-tenant-viewer`, labels } });
    const left: number[] = [];
    for (let round = 0; round < 3; round++) {
      await fleet.check();
      await fleet.settle();
      left.push((await fleet.bindings()).filter((name) => name.includes("eve")).length);
    }
    expect(left).toEqual([150, 50, 0]);
    expect(fleet.repairedOf("acme").map(({ data }) => (data["objects"] as unknown[]).length + Number(data["omitted"] ?? 0))).toEqual([
      250, 150, 50,
    ]);
  });

  test("loses foreign bindings fifty at a time, where the configuration removes them", async () => {
    const fleet = await aFleet(["acme"], { removeForeign: true });
    for (let n = 0; n < 60; n++)
      fleet.cluster.put({ apiVersion: rbac, kind: "RoleBinding", metadata: { namespace: "tenant-acme", name: `friend-${n}` } });
    const checks = [];
    for (let round = 0; round < 3; round++) {
      checks.push((await fleet.check())?.counts);
      await fleet.settle();
    }
    expect(checks).toMatchObject([
      { drifted: 1, more: 1 },
      { drifted: 1, more: 0 },
      { drifted: 0, more: 0 },
    ]);
    expect((await fleet.bindings()).filter((name) => name.startsWith("friend"))).toEqual([]);
  });
});

describe("One tenant whose check fails", () => {
  test.each([
    ["the API server on its object", new ClusterError(500, "InternalError", "etcdserver: request is too large")],
    ["anything else", new TypeError("cannot read what is not there")],
  ])("by %s is counted and named, and the others are put right", async (_what, failure) => {
    const fleet = await aFleet(["a", "b", "c"]);
    await fleet.deletePolicies("a", "b", "c");
    fleet.cluster.before = ({ verb, ref }) => {
      if (verb === "get" && ref?.namespace === "tenant-b") throw failure;
    };
    const checked = await fleet.check();
    expect(checked?.counts).toMatchObject({ judged: 3, drifted: 2, failed: 1 });
    expect(checked?.failures).toEqual([{ namespace: "tenant-b", reason: String(failure) }]);
    expect(fleet.warnings).toContain("A namespace could not be checked for drift.");
    for (const tenantId of ["a", "c"]) await fleet.settle(tenantId);
    expect(["a", "b", "c"].map((tenantId) => fleet.repairedOf(tenantId).length)).toEqual([1, 0, 1]);
  });

  test("in the reading of its grants is counted alone as well", async () => {
    const fleet = await aFleet(["acme", "b"]);
    await withLostBindings(fleet, 1);
    await fleet.deletePolicies("b");
    fleet.table.pageGrants = async () => {
      throw new Error("the table is away");
    };
    expect((await fleet.check())?.counts).toMatchObject({ judged: 2, drifted: 1, failed: 1 });
  });

  test("leaves ten examples, however many fail", async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `t${n}`);
    const fleet = await aFleet(ids);
    await fleet.deletePolicies(...ids);
    fleet.cluster.before = ({ verb }) => {
      if (verb === "get") throw new Error("x".repeat(5_000));
    };
    const checked = await fleet.check();
    expect(checked?.counts.failed).toBe(30);
    expect(checked?.failures).toHaveLength(10);
    expect(Buffer.byteLength(JSON.stringify(checked))).toBeLessThan(5_000);
  });

  test("in a deletion that another change came before is no failure", async () => {
    const fleet = await aFleet(["acme"], { removeForeign: true });
    fleet.cluster.put({ apiVersion: rbac, kind: "RoleBinding", metadata: { namespace: "tenant-acme", name: "friend" } });
    fleet.cluster.before = ({ verb }) => {
      if (verb === "delete") throw new ClusterError(409, "Conflict", "the object was changed");
    };
    expect((await fleet.check())?.counts).toMatchObject({ failed: 0 });
  });

  test("by the end of the time ends the batch, which is not taken for checked", async () => {
    const fleet = await aFleet(["a", "b"]);
    await fleet.deletePolicies("a", "b");
    const time = new AbortController();
    fleet.cluster.before = ({ verb }) => {
      if (verb === "get") time.abort();
    };
    await expect(fleet.check(time.signal)).rejects.toThrow();
  });
});
