import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import type { Platform } from "../../../shared/domain/platform.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { anEngine } from "../../support/engine.ts";

const acme = { name: "Acme Inc.", tier: "premium" };
const people = Array.from({ length: 130 }, (_, index) => ({ userId: `user${index}@example.com`, role: "tenant-viewer" }));
const [anna = { userId: "", role: "" }] = people;

/** A tenant with a Deployment and `grants` people. */
async function withPeople(grants: number) {
  const engine = anEngine();
  await onboardTenant(engine.command(), acme, engine.ports);
  for (const person of people.slice(0, grants)) await grantAccess(engine.command(), person, undefined, engine.ports);
  const web = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "tenant-acme" }, spec: { replicas: 2 } };
  engine.cluster.put(web as KubernetesObject);
  engine.pass(1_000);
  const of = (kind: string, prefix = ""): KubernetesObject[] =>
    engine.cluster.objects().filter((one) => one.kind === kind && one.metadata?.name?.startsWith(prefix));
  return { engine, of };
}

/** The configuration that a later deployment brings. */
const withoutTier = (platform: Platform): Platform => {
  const { premium: _dropped, ...tiers } = platform.tiers;
  return { ...platform, tiers };
};

describe("An error that nobody foresaw", () => {
  test("is a failure that is tried again after growing pauses, and told", async () => {
    const engine = anEngine();
    const store = new Proxy(engine.table, {
      get: (table, name) =>
        name === "pageGrants" ? () => Promise.reject(new TypeError("no such page")) : Reflect.get(table, name).bind(table),
    });
    await onboardTenant(engine.command(), acme, engine.ports);
    engine.pass(1_000);
    const ports = { ...engine.ports, store };
    await grantAccess(engine.command(), anna, undefined, ports);
    const pauses: number[] = [];
    for (let time = 0; time < 4; time++) {
      const { dueAt = "" } = await engine.tenant();
      pauses.push(Date.parse(dueAt) - Date.parse(engine.now()));
      engine.pass(pauses.at(-1) ?? 0);
      await reconcileTenant({ tenantId: "acme", dueAt }, engine.run(), ports);
    }
    const { status, lease } = await engine.tenant();
    expect(lease).toBeUndefined();
    expect(status.failure).toMatchObject({ reason: "Internal", message: "TypeError: no such page", count: 5, blocked: false });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(engine.said().filter((one) => one.endsWith("TenantFailed"))).toHaveLength(1);
    expect(engine.warnings).toContain("A round ended in an error that nobody foresaw.");
  });
});

describe("A round whose end the table refuses", () => {
  test("is a failure that is told, and is made up for once the table takes it", async () => {
    const engine = anEngine();
    const { store } = engine.ports;
    let refusing = true;
    engine.ports.store = new Proxy(engine.table, {
      get: (table, name) =>
        name !== "write"
          ? Reflect.get(table, name).bind(table)
          : async (write: Parameters<typeof table.write>[0]) => {
              if (refusing && write.after.status.observedGeneration > 0)
                throw Object.assign(new Error("Item size has exceeded the maximum allowed size"), { name: "ValidationException" });
              return table.write(write);
            },
    });
    await onboardTenant(engine.command(), acme, engine.ports);
    await engine.settle("acme", 3);
    const { status, lease } = await engine.tenant();
    expect(lease).toBeUndefined();
    expect(status.failure).toMatchObject({ reason: "Internal", message: expect.stringContaining("Item size"), count: 4 });
    expect(engine.said().filter((one) => one.endsWith("TenantFailed"))).toHaveLength(1);
    refusing = false;
    engine.ports.store = store;
    await engine.settle("acme", 2);
    const { status: after } = await engine.tenant();
    expect({ failure: after.failure, observedGeneration: after.observedGeneration }).toEqual({ failure: undefined, observedGeneration: 1 });
  });
});

describe("A tenant whose tier is not in the configuration any more", () => {
  const dropped = async (grants: number) => {
    const { engine, of } = await withPeople(grants);
    engine.ports.platform = withoutTier(engine.ports.platform);
    return { engine, of };
  };

  test("loses the access that is revoked, and that is told; what the tier shapes stays, and it is Blocked", async () => {
    const { engine, of } = await dropped(2);
    const before = of("ResourceQuota");
    await revokeAccess(engine.command(), anna, engine.ports);
    expect(of("RoleBinding", "user-")).toHaveLength(1);
    expect(of("ResourceQuota")).toEqual(before);
    const [namespace] = of("Namespace");
    const { status, generation, pendingGrants } = await engine.tenant();
    expect(namespace?.metadata?.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
    // No older generation can bring the binding back.
    expect(namespace?.metadata?.annotations?.["tenantry.dev/generation"]).toBe(String(generation));
    expect(status.failure).toMatchObject({ reason: "UnknownTier", blocked: true });
    expect(pendingGrants).toBeUndefined();
    expect(engine.said().slice(-2)).toEqual([expect.stringMatching("TenantAccessRevoked"), expect.stringMatching("TenantBlocked")]);
  });

  test("is suspended: nobody keeps a binding, and what ran sleeps", async () => {
    const { engine, of } = await dropped(130);
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle("acme", 6);
    expect(of("RoleBinding")).toEqual([]);
    expect(of("Deployment")).toMatchObject([{ spec: { replicas: 0 } }]);
    expect((await engine.tenant()).status).toMatchObject({ failure: { reason: "UnknownTier" }, sleepers: 1 });
    expect([...engine.table.sleepers.values()]).toMatchObject([{ name: "web", replicas: 2 }]);
  });

  test("is decommissioned", async () => {
    const { engine } = await dropped(2);
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle();
    expect((await engine.tenant()).status.deletedAt).toBeDefined();
    expect(engine.cluster.objects()).toEqual([]);
  });

  test("is not placed, and not made; it is once the tier is back", async () => {
    const engine = anEngine();
    const { platform } = engine.ports;
    await onboardTenant(engine.command({ eager: undefined }), acme, engine.ports);
    engine.ports.platform = withoutTier(platform);
    await engine.settle("acme", 2);
    expect(await engine.tenant()).toMatchObject({ status: { failure: { reason: "UnknownTier", blocked: true } } });
    expect((await engine.tenant()).cluster).toBeUndefined();
    engine.ports.platform = platform;
    await engine.settle("acme", 2);
    expect((await engine.tenant()).status.failure).toBeUndefined();
  });

  test("whose namespace somebody removed, waits for its tier without a loop", async () => {
    const { engine } = await dropped(1);
    const uid = (await engine.tenant()).status.namespaceUid;
    await engine.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "tenant-acme" }, { uid }, AbortSignal.timeout(1_000));
    engine.cluster.finishDeletes();
    await revokeAccess(engine.command(), anna, engine.ports);
    await engine.settle("acme", 3);
    expect((await engine.tenant()).status).toMatchObject({ failure: { reason: "UnknownTier", blocked: true } });
  });
});

describe("An object that the cluster refuses", () => {
  test("holds up neither a suspension's cut of all access, nor what goes to sleep", async () => {
    const { engine, of } = await withPeople(130);
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "apply" && ref?.kind === "ResourceQuota") throw new ClusterError(403, "Forbidden", "denied");
    };
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle("acme", 6);
    expect(of("RoleBinding")).toEqual([]);
    expect(of("Deployment")).toMatchObject([{ spec: { replicas: 0 } }]);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "Forbidden" });
    expect(engine.said().join()).not.toMatch("TenantSuspended");
  });
});

test("What is under way beside an error ends before the round does", async () => {
  const { engine } = await withPeople(0);
  let underWay = 0;
  engine.cluster.before = async ({ verb, ref }) => {
    if (verb !== "patch" && verb !== "apply") return;
    if (ref?.kind === "ResourceQuota") throw new TypeError("a bug");
    underWay += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    underWay -= 1;
  };
  await suspendTenant(engine.command(), engine.ports);
  expect((await engine.tenant()).status.failure).toMatchObject({ reason: "Internal", message: "TypeError: a bug" });
  expect(underWay).toBe(0);
});
