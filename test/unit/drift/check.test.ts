import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { outgoingEvents } from "../../../events/out/registry.ts";
import { phaseOf } from "../../../shared/domain/phase.ts";
import { afterRepair } from "../../../shared/domain/repair.ts";
import { ClusterError } from "../../../shared/ports.ts";
import type { DriftProgress } from "../../../shared/domain/drift-check.ts";
import { checkDrift } from "../../../shared/usecases/check-drift.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { platform } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";

const never = new AbortController().signal;
const rbac = "rbac.authorization.k8s.io/v1";
const KINDS = 8;

async function aFleet(ids: string[], drift: Partial<typeof platform.drift> = {}) {
  const engine = anEngine();
  const ports = { ...engine.ports, platform: { ...platform, drift: { ...platform.drift, ...drift } }, tenants: engine.table };
  for (const tenantId of ids) await onboardTenant(engine.command({ tenantId }), { name: tenantId, tier: "basic" }, ports);
  const check = async (message: { cluster?: string; from?: DriftProgress } = {}, enough: AbortSignal = never) => {
    engine.cluster.calls.length = 0;
    return await checkDrift({ cluster: "local", ...message }, ports, { enough, signal: never });
  };
  const at = async (apiVersion: string, kind: string, name: string, tenantId: string): Promise<KubernetesObject> =>
    (await engine.cluster.get({ apiVersion, kind, name, namespace: `tenant-${tenantId}` }, never)) as KubernetesObject;
  return {
    ...engine,
    ports,
    check,
    at,
    calls: () => engine.cluster.calls.map(({ verb, ref }) => `${verb} ${ref?.kind}${ref?.name ? `/${ref.name}` : ""}`),
    verbs: () => engine.cluster.calls.map(({ verb }) => verb),
    records: () => JSON.stringify([...engine.table.tenants.values()]),
    repaired: () => engine.table.events.filter(({ type }) => type === "TenantDriftRepaired"),
  };
}
const foreignPolicy = (tenantId: string): KubernetesObject =>
  ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "allow-all", namespace: `tenant-${tenantId}` },
    spec: { podSelector: {}, ingress: [{}] },
  }) as KubernetesObject;

describe("A cluster where nothing drifted", () => {
  test("costs one list of each kind and page, and no write, read or event", async () => {
    const fleet = await aFleet(["a", "a-b", "a-b-c", "a1", "b", "c"]);
    const before = fleet.records();
    const sent = fleet.queue.sent.length;
    expect(await fleet.check()).toEqual({
      counts: { namespaces: 6, judged: 6, underWay: 0, drifted: 0, more: 0, failed: 0, orphans: 0, removed: 0 },
      failures: [],
    });
    expect(fleet.verbs()).toEqual(Array.from({ length: KINDS }, () => "list"));
    expect(new Set(fleet.calls()).size).toBe(KINDS);
    expect(fleet.records()).toBe(before);
    expect(fleet.queue.sent).toHaveLength(sent);
    expect(fleet.repaired()).toEqual([]);
  });

  test("of 501 namespaces costs two pages of each kind", async () => {
    const ids = Array.from({ length: 501 }, (_, index) => `t${String(index).padStart(4, "0")}${index % 3 === 0 ? "-x" : ""}`);
    const fleet = await aFleet(ids);
    fleet.table.idsPage = 70;
    expect((await fleet.check())?.counts).toMatchObject({ namespaces: 501, judged: 501, drifted: 0, orphans: 0 });
    expect(fleet.verbs()).toEqual(Array.from({ length: 2 * KINDS }, () => "list"));
  }, 30_000);
});

describe("What drifted", () => {
  test("is applied again, object by object, and told with its fields; other tenants are left alone", async () => {
    const fleet = await aFleet(["a", "b", "c"]);
    const quota = (await fleet.at("v1", "ResourceQuota", "tenant-quota", "b")) as {
      spec: { hard: Record<string, string> };
    } & KubernetesObject;
    quota.spec.hard["limits.cpu"] = "99";
    fleet.cluster.put(quota);
    await fleet.cluster.delete(
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-b" },
      {},
      never,
    );
    const others = JSON.stringify([await fleet.tenant("a"), await fleet.tenant("c")]);
    expect((await fleet.check())?.counts).toMatchObject({ judged: 3, drifted: 1 });
    expect(fleet.verbs().filter((verb) => !["list", "get"].includes(verb))).toEqual([]);
    expect(phaseOf(await fleet.tenant("b"))).toBe("Updating");
    fleet.cluster.calls.length = 0;
    await fleet.settle("b");
    expect(fleet.calls().sort()).toEqual(["apply NetworkPolicy/tenant-isolation", "apply ResourceQuota/tenant-quota"]);
    expect(await fleet.tenant("b")).toMatchObject({ generation: 2, status: { observedGeneration: 2 } });
    expect(JSON.stringify([await fleet.tenant("a"), await fleet.tenant("c")])).toBe(others);
    const [event] = fleet.repaired();
    expect(fleet.repaired()).toHaveLength(1);
    expect(event?.detail).toMatchObject({
      metadata: { tenantId: "b", actor: "tenantry" },
      data: {
        objects: [
          { object: "NetworkPolicy/tenant-isolation", change: "missing", fields: [] },
          { object: "ResourceQuota/tenant-quota", change: "changed", fields: ["/spec/hard/limits.cpu"] },
        ],
        foreign: [],
      },
    });
    expect(outgoingEvents.TenantDriftRepaired.schema.safeParse(event?.detail).error).toBeUndefined();
    expect((await fleet.check())?.counts).toMatchObject({ judged: 3, drifted: 0 });
  });

  test("as a lost label is told as such, although the object is not listed", async () => {
    const fleet = await aFleet(["a"]);
    const role = await fleet.at(rbac, "Role", "tenant-role", "a");
    delete role.metadata?.labels?.["app.kubernetes.io/managed-by"];
    fleet.cluster.put(role);
    await fleet.check();
    await fleet.settle("a");
    expect(fleet.repaired()[0]?.detail.data["objects"]).toMatchObject([
      { object: "Role/tenant-role", change: "changed", fields: ["/metadata/labels/app.kubernetes.io~1managed-by"] },
    ]);
  });

  test("as a pod-security label is put right", async () => {
    const fleet = await aFleet(["a"]);
    const namespace = (await fleet.cluster.get({ apiVersion: "v1", kind: "Namespace", name: "tenant-a" }, never)) as KubernetesObject;
    (namespace.metadata?.labels as Record<string, string>)["pod-security.kubernetes.io/enforce"] = "privileged";
    fleet.cluster.put(namespace);
    await fleet.check();
    await fleet.settle("a");
    const after = await fleet.cluster.get({ apiVersion: "v1", kind: "Namespace", name: "tenant-a" }, never);
    expect(after?.metadata?.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    expect(fleet.repaired()[0]?.detail.data["objects"]).toMatchObject([
      { object: "Namespace/tenant-a", fields: ["/metadata/labels/pod-security.kubernetes.io~1enforce"] },
    ]);
  });

  test("as a whole namespace that is gone is made again", async () => {
    const fleet = await aFleet(["a", "b"]);
    await fleet.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "tenant-a" }, {}, never);
    fleet.cluster.finishDeletes();
    expect((await fleet.check())?.counts).toMatchObject({ namespaces: 1, drifted: 1 });
    await fleet.settle("a");
    expect(phaseOf(await fleet.tenant("a"))).toBe("Ready");
    expect(await fleet.at(rbac, "Role", "tenant-role", "a")).toBeDefined();
    expect(fleet.repaired()[0]?.detail.data["objects"]).toMatchObject([{ object: "Namespace/tenant-a", change: "missing" }]);
    expect((await fleet.check())?.counts).toMatchObject({ drifted: 0 });
  });

  test("as a binding to another role is removed and made anew", async () => {
    const fleet = await aFleet(["a"]);
    const binding = await fleet.at(rbac, "RoleBinding", "tenant-binding", "a");
    fleet.cluster.put({
      ...binding,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
    } as KubernetesObject);
    await fleet.check();
    expect(fleet.calls()).toContain("delete RoleBinding/tenant-binding");
    await fleet.settle("a");
    expect(await fleet.at(rbac, "RoleBinding", "tenant-binding", "a")).toMatchObject({ roleRef: { name: "tenant-role" } });
  });

  test("is nobody's drift where the tenant is being worked on", async () => {
    const fleet = await aFleet(["a"]);
    await fleet.cluster.delete({ apiVersion: rbac, kind: "Role", name: "tenant-role", namespace: "tenant-a" }, {}, never);
    const tenant = await fleet.tenant("a");
    fleet.table.tenants.set("a", { ...tenant, generation: 2 });
    expect((await fleet.check())?.counts).toMatchObject({ judged: 0, underWay: 1, drifted: 0 });
  });

  test("is nobody's drift where the record moved between the list and the look", async () => {
    const fleet = await aFleet(["a"]);
    await fleet.cluster.delete({ apiVersion: rbac, kind: "Role", name: "tenant-role", namespace: "tenant-a" }, {}, never);
    const tenant = await fleet.tenant("a");
    fleet.cluster.before = ({ verb }) => {
      if (verb === "get") fleet.table.tenants.set("a", { ...tenant, generation: 2 });
    };
    expect((await fleet.check())?.counts).toMatchObject({ judged: 1, drifted: 0 });
    expect(await fleet.tenant("a")).toEqual({ ...tenant, generation: 2 });
  });

  test("is nobody's drift where the configuration asks for other content by now", async () => {
    const fleet = await aFleet(["a"]);
    const basic = platform.tiers["basic"] as (typeof platform.tiers)[string];
    fleet.ports.platform = {
      ...fleet.ports.platform,
      tiers: { ...platform.tiers, basic: { ...basic, quota: { ...basic.quota, pods: 7 } } },
    };
    expect((await fleet.check())?.counts).toMatchObject({ judged: 1, drifted: 0 });
    expect(fleet.verbs()).toEqual(Array.from({ length: KINDS }, () => "list"));
  });
});

describe("The version that our own apply left", () => {
  /** From the next apply on, a webhook that has its own idea of an object's labels. */
  const withWebhook = (fleet: Awaited<ReturnType<typeof aFleet>>, kind: string): void => {
    const apply = fleet.cluster.apply.bind(fleet.cluster);
    fleet.cluster.apply = async (object, signal, options) => {
      const labels = { ...object.metadata?.labels, "created-by": "somebody-else" };
      const altered = object.kind === kind ? { ...object, metadata: { ...object.metadata, labels } } : object;
      return await apply(altered as KubernetesObject, signal, options);
    };
  };
  const versionOf = async ({ at }: Awaited<ReturnType<typeof aFleet>>, apiVersion: string, kind: string, name: string) =>
    (await at(apiVersion, kind, name, "a")).metadata?.resourceVersion;

  test("stands in the record for each object but the quota, and stays while the object is not applied again", async () => {
    const fleet = await aFleet(["a"]);
    const { applied, versions = {} } = (await fleet.tenant("a")).status;
    expect(Object.keys(versions).sort()).toEqual(
      Object.keys(applied)
        .filter((key) => key !== "ResourceQuota/tenant-quota")
        .sort(),
    );
    expect(versions["Role/tenant-role"]).toBe(await versionOf(fleet, rbac, "Role", "tenant-role"));
    await changeTenant(fleet.command({ tenantId: "a" }), { quota: { pods: 3 } }, fleet.ports);
    expect(await fleet.tenant("a")).toMatchObject({ generation: 2, status: { observedGeneration: 2, versions } });
  });

  test("spares the comparing of what stands at it, and of nothing else", async () => {
    const fleet = await aFleet(["a"]);
    // What no real cluster does: other content at the same version.
    const list = fleet.cluster.list.bind(fleet.cluster);
    const altered = new Set<string>();
    fleet.cluster.list = async (query, signal) => {
      const page = await list(query, signal);
      for (const { kind = "", metadata } of page.items) {
        if (!altered.has(kind)) continue;
        (metadata as { labels: Record<string, string> }).labels = { ...metadata?.labels, "created-by": "somebody-else" };
      }
      return page;
    };
    const looks = async (kind: string): Promise<string[]> => {
      altered.clear();
      altered.add(kind);
      await fleet.check();
      return fleet.calls().filter((call) => call.startsWith("get "));
    };
    for (const kind of ["Namespace", "NetworkPolicy", "ServiceAccount", "Role", "RoleBinding", "LimitRange", "ServiceMonitor"])
      expect(await looks(kind)).toEqual([]);
    expect(await looks("ResourceQuota")).toEqual(["get ResourceQuota/tenant-quota"]);
  });

  test("moves with an edit by somebody else, which is found; what is repaired has its new one", async () => {
    const fleet = await aFleet(["a"]);
    const before = (await fleet.tenant("a")).status.versions?.["Role/tenant-role"];
    const ref = { apiVersion: rbac, kind: "Role", name: "tenant-role", namespace: "tenant-a" };
    await fleet.cluster.patch(ref, { rules: [] }, {}, never);
    expect((await fleet.check())?.counts).toMatchObject({ drifted: 1 });
    expect(afterRepair(await fleet.tenant("a")).versions).not.toHaveProperty(["Role/tenant-role"]);
    await fleet.settle("a");
    const after = (await fleet.tenant("a")).status.versions?.["Role/tenant-role"];
    expect(after).not.toBe(before);
    expect(after).toBe(await versionOf(fleet, rbac, "Role", "tenant-role"));
    expect((await fleet.check())?.counts).toMatchObject({ drifted: 0 });
  });

  test("is another where somebody added what is theirs: that is compared, and no drift", async () => {
    const fleet = await aFleet(["a"]);
    const ref = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-a" };
    await fleet.cluster.patch(ref, { metadata: { finalizers: ["networking.k8s.aws/resources"] } }, {}, never);
    expect((await fleet.check())?.counts).toMatchObject({ judged: 1, drifted: 0 });
    expect(fleet.verbs()).toEqual(Array.from({ length: KINDS }, () => "list"));
  });

  test("is not remembered of what a webhook altered as we applied it: that is found", async () => {
    const fleet = await aFleet([]);
    withWebhook(fleet, "LimitRange");
    await onboardTenant(fleet.command({ tenantId: "a" }), { name: "a", tier: "basic" }, fleet.ports);
    const { applied, versions } = (await fleet.tenant("a")).status;
    expect(applied).toHaveProperty(["LimitRange/tenant-limits"]);
    expect(versions).not.toHaveProperty(["LimitRange/tenant-limits"]);
    expect((await fleet.check())?.counts).toMatchObject({ judged: 1, drifted: 1 });
    expect(fleet.calls().filter((call) => call.startsWith("get "))).toEqual(["get LimitRange/tenant-limits"]);
  });

  test("goes where what it was applied with goes: the binding of a suspended tenant, a namespace lost, a tombstone", async () => {
    const fleet = await aFleet(["a", "b"]);
    const versions = async (tenantId: string) => Object.keys(afterRepair(await fleet.tenant(tenantId)).versions ?? {}).sort();
    const all = await versions("a");
    await suspendTenant(fleet.command({ tenantId: "a" }), fleet.ports);
    expect(await versions("a")).toEqual(all.filter((key) => key !== "RoleBinding/tenant-binding"));
    await fleet.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "tenant-b" }, {}, never);
    fleet.cluster.finishDeletes();
    await fleet.check();
    expect(await versions("b")).toEqual([]);
    await tearDownTenant(fleet.command({ tenantId: "a" }), fleet.ports);
    await fleet.settle("a");
    expect((await fleet.tenant("a")).status).not.toHaveProperty("versions");
  });
});

describe("Foreign objects that widen access", () => {
  test("are told of once, stand in the condition until they go, and are left where they are", async () => {
    const fleet = await aFleet(["a"]);
    const put = fleet.cluster.put(foreignPolicy("a"));
    await fleet.check();
    await fleet.settle("a");
    expect(fleet.repaired().map(({ detail }) => detail.data)).toMatchObject([
      { objects: [], foreign: [{ object: "NetworkPolicy/allow-all", removed: false }] },
    ]);
    const isolated = async () => (await fleet.tenant("a")).status.conditions.find(({ type }) => type === "Isolated")?.reason;
    expect(await isolated()).toBe("ForeignObjects");
    expect((await fleet.check())?.counts).toMatchObject({ drifted: 0 });
    expect(fleet.verbs()).not.toContain("get");
    await fleet.cluster.delete(
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "allow-all", namespace: "tenant-a" },
      { uid: put.metadata?.uid },
      never,
    );
    await fleet.check();
    await fleet.settle("a");
    expect(await isolated()).not.toBe("ForeignObjects");
    expect(fleet.repaired()).toHaveLength(1);
  });

  test("are removed where config says so: with our labels or without", async () => {
    const fleet = await aFleet(["a"], { removeForeign: true });
    fleet.cluster.put(foreignPolicy("a"));
    const binding = await fleet.at(rbac, "RoleBinding", "tenant-binding", "a");
    fleet.cluster.put({
      ...binding,
      metadata: { ...binding.metadata, name: "eve-is-admin", uid: undefined },
    } as unknown as KubernetesObject);
    await fleet.check();
    expect(
      fleet
        .calls()
        .filter((call) => call.startsWith("delete"))
        .sort(),
    ).toEqual(["delete NetworkPolicy/allow-all", "delete RoleBinding/eve-is-admin"]);
    await fleet.settle("a");
    expect(fleet.repaired()[0]?.detail.data["foreign"]).toMatchObject([
      { object: "NetworkPolicy/allow-all", removed: true },
      { object: "RoleBinding/eve-is-admin", removed: true },
    ]);
    expect((await fleet.check())?.counts).toMatchObject({ drifted: 0 });
  });

  test("outside our namespaces are nobody's affair", async () => {
    const fleet = await aFleet(["a"], { removeForeign: true });
    fleet.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "monitoring" } });
    fleet.cluster.put({ ...foreignPolicy("a"), metadata: { name: "allow-all", namespace: "monitoring" } });
    expect((await fleet.check())?.counts).toMatchObject({ namespaces: 1, drifted: 0, orphans: 0 });
  });
});

describe("Namespaces without a live tenant", () => {
  const orphan = (name: string, installation = "tenantry-test"): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "tenantry" }, annotations: { "tenantry.dev/installation": installation } },
  });

  test("are deleted where the record is a tombstone, or there is none", async () => {
    const fleet = await aFleet(["a", "b"]);
    await tearDownTenant(fleet.command({ tenantId: "a" }), fleet.ports);
    await fleet.settle("a");
    expect(phaseOf(await fleet.tenant("a"))).toBe("Deleted");
    fleet.cluster.put(orphan("tenant-a"));
    fleet.cluster.put(orphan("tenant-ghost"));
    fleet.cluster.put(orphan("tenant-theirs", "other"));
    expect((await fleet.check())?.counts).toMatchObject({ orphans: 2, removed: 2 });
    expect(fleet.calls().filter((call) => call.startsWith("delete"))).toEqual([
      "delete Namespace/tenant-a",
      "delete Namespace/tenant-ghost",
    ]);
  });

  test("are all left where there are more without any record than may be deleted, or than there are tenants", async () => {
    for (const [tenants, most] of [
      [["a", "b", "c"], 1],
      [["a"], 10],
    ] as const) {
      const fleet = await aFleet([...tenants], { removeUnknownAtMost: most });
      fleet.cluster.put(orphan("tenant-x"));
      for (const name of ["tenant-y", "tenant-z", "tenant-zz"]) fleet.cluster.put(orphan(name));
      expect((await fleet.check())?.counts).toMatchObject({ orphans: 4, removed: 0 });
      expect(fleet.verbs()).not.toContain("delete");
    }
  });

  test("stay where the table, read again, knows a live tenant", async () => {
    const fleet = await aFleet(["a", "b"]);
    fleet.ports.tenants = { ...fleet.table, ids: async () => ({ ids: [] }), getMany: async () => new Map() } as never;
    await fleet.check();
    expect(fleet.verbs()).not.toContain("delete");
  });
});

describe("A check that has not time enough", () => {
  const ids = Array.from({ length: 230 }, (_, index) => (index % 4 === 0 ? `a${"-b".repeat((index / 4) % 9)}-${index}` : `n${index}`));

  test("goes on where it stopped, and sees every namespace once", async () => {
    const fleet = await aFleet([...ids, "a", "a-b"]);
    fleet.table.idsPage = 30;
    for (const tenantId of ["a", "n229"])
      await fleet.cluster.delete({ apiVersion: rbac, kind: "Role", name: "tenant-role", namespace: `tenant-${tenantId}` }, {}, never);
    let from: DriftProgress | undefined;
    let rounds = 0;
    for (;;) {
      const done = await fleet.check(from === undefined ? {} : { from }, AbortSignal.abort());
      rounds += 1;
      from = done?.next === undefined ? undefined : (JSON.parse(JSON.stringify(done.next)) as DriftProgress);
      if (from === undefined) {
        expect(done?.counts).toEqual({ namespaces: 232, judged: 232, underWay: 0, drifted: 2, more: 0, failed: 0, orphans: 0, removed: 0 });
        break;
      }
    }
    expect(rounds).toBeGreaterThan(2);
  });

  test("begins a list again whose page is too old, and skips what it has seen", async () => {
    const many = Array.from({ length: 620 }, (_, index) => `t${index}`);
    const fleet = await aFleet(many);
    let expired = 0;
    const list = fleet.cluster.list.bind(fleet.cluster);
    fleet.cluster.list = async (query, signal) => {
      if (query.continue !== undefined && expired < 3) {
        expired += 1;
        throw new ClusterError(410, "Expired", "The provided continue parameter is too old");
      }
      return await list(query, signal);
    };
    expect((await fleet.check())?.counts).toMatchObject({ namespaces: 620, judged: 620, drifted: 0 });
    expect(expired).toBe(3);
  }, 30_000);
});

test("a list that is not in order ends the check: nothing is taken for missing", async () => {
  const fleet = await aFleet(["a", "b"]);
  const list = fleet.cluster.list.bind(fleet.cluster);
  fleet.cluster.list = async (query, signal) => {
    const page = await list(query, signal);
    return { ...page, items: page.items.toReversed() };
  };
  await expect(fleet.check()).rejects.toThrow(/order/);
});

test("a paused cluster, or one that is not registered, is left in peace", async () => {
  const fleet = await aFleet(["a"]);
  expect(await fleet.check({ cluster: "nowhere" })).toBeUndefined();
  const cluster = await fleet.registry.get("local");
  if (cluster !== undefined) fleet.registry.clusters.set("local", { ...cluster, paused: true });
  expect(await fleet.check()).toBeUndefined();
  expect(fleet.calls()).toEqual([]);
});
