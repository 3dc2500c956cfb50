import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { checkDrift } from "../../../shared/usecases/check-drift.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { platform } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";

const never = new AbortController().signal;
const namespace = "tenant-acme";
const rbac = "rbac.authorization.k8s.io/v1";
const nameOf = (user: string) => `user-${user}-tenant-viewer`;

async function withGrants(users: string[], drift: Partial<typeof platform.drift> = {}) {
  const engine = anEngine();
  const ports = { ...engine.ports, platform: { ...platform, drift: { ...platform.drift, ...drift } }, tenants: engine.table };
  await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, ports);
  for (const userId of users) await grantAccess(engine.command(), { userId, role: "tenant-viewer" }, undefined, ports);
  engine.pass(1_000);
  const check = async () => {
    const checked = await checkDrift({ cluster: "local" }, ports, { enough: never, signal: never });
    await engine.settle();
    return checked?.counts;
  };
  const binding = async (user: string) =>
    await engine.cluster.get({ apiVersion: rbac, kind: "RoleBinding", name: nameOf(user), namespace }, never);
  const repaired = () => engine.table.events.filter(({ type }) => type === "TenantDriftRepaired").map(({ detail }) => detail.data);
  return { engine, ports, check, binding, repaired };
}

/** A binding as somebody would make it again, under a name. */
const copied = ({ metadata, ...rest }: KubernetesObject, name: string): KubernetesObject => {
  const { uid: _uid, resourceVersion: _version, ...kept } = metadata ?? {};
  return { ...rest, metadata: { ...kept, name } };
};

describe("The bindings of grants", () => {
  test("that stand are neither drift nor foreign, although foreign ones are removed", async () => {
    const { check, binding, repaired } = await withGrants(["anna", "bob"], { removeForeign: true });
    expect(await check()).toMatchObject({ judged: 1, drifted: 0 });
    expect(await binding("anna")).toBeDefined();
    expect(repaired()).toEqual([]);
  });

  test("are brought back where they are missing, or name another person", async () => {
    const { engine, check, binding, repaired } = await withGrants(["anna", "bob", "carl"]);
    await engine.cluster.delete({ apiVersion: rbac, kind: "RoleBinding", name: nameOf("anna"), namespace }, {}, never);
    const bob = (await binding("bob")) as KubernetesObject & { subjects: { name: string }[] };
    (bob.subjects[0] as { name: string }).name = "mallory";
    engine.cluster.put(bob);
    expect(await check()).toMatchObject({ drifted: 1 });
    expect(await binding("anna")).toMatchObject({ subjects: [{ name: "anna" }] });
    expect(await binding("bob")).toMatchObject({ subjects: [{ name: "bob" }] });
    expect(repaired()).toMatchObject([
      {
        objects: [
          { object: `RoleBinding/${nameOf("anna")}`, change: "missing" },
          { object: `RoleBinding/${nameOf("bob")}`, change: "changed", fields: ["/subjects"] },
        ],
      },
    ]);
    expect(await check()).toMatchObject({ drifted: 0 });
  });

  test("of many grants are brought back by a pass over all", async () => {
    const users = Array.from({ length: 120 }, (_, index) => `u${index}`);
    const { engine, check, binding } = await withGrants(users);
    for (const user of users.slice(0, 60))
      await engine.cluster.delete({ apiVersion: rbac, kind: "RoleBinding", name: nameOf(user), namespace }, {}, never);
    expect(await check()).toMatchObject({ drifted: 1 });
    for (const user of users) expect(await binding(user)).toBeDefined();
  });

  test("that no grant tells of are removed, whoever made them look like ours", async () => {
    const { engine, ports, check, binding, repaired } = await withGrants(["anna"]);
    const anna = (await binding("anna")) as KubernetesObject;
    await revokeAccess(engine.command(), { userId: "anna", role: "tenant-viewer" }, ports);
    engine.cluster.put(copied(anna, nameOf("anna")));
    engine.cluster.put(copied(anna, nameOf("mallory")));
    expect(await check()).toMatchObject({ drifted: 1 });
    expect([await binding("anna"), await binding("mallory")]).toEqual([undefined, undefined]);
    expect(repaired()).toMatchObject([{ objects: [{ change: "unwanted" }, { change: "unwanted" }] }]);
    expect(await check()).toMatchObject({ drifted: 0 });
  });

  test("that come back while the tenant is suspended are removed", async () => {
    const { engine, ports, check, binding } = await withGrants(["anna"]);
    const anna = (await binding("anna")) as KubernetesObject;
    await suspendTenant(engine.command(), ports);
    await engine.settle();
    expect(await binding("anna")).toBeUndefined();
    engine.cluster.put(copied(anna, nameOf("anna")));
    expect(await check()).toMatchObject({ drifted: 1 });
    expect(await binding("anna")).toBeUndefined();
  });
});
