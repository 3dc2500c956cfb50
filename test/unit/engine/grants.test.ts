import { describe, expect, test } from "@jest/globals";
import { grantId } from "../../../shared/domain/access.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { activateTenant } from "../../../shared/usecases/activate-tenant.ts";
import { changeAccess, expireGrant } from "../../../shared/usecases/change-access.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { aCluster } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import type { MemoryTable } from "../../support/memory-table.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const signal = AbortSignal.timeout(60_000);
const anna = { userId: "anna@example.com", role: "tenant-viewer" };
const bob = { userId: "bob/ops", role: "tenant-admin" };

async function onboarded(prefix = "oidc:") {
  const engine = anEngine({
    clusters: [aCluster({ access: { mode: "oidc", issuerUrl: "https://id.example.com", clientId: "kubernetes", usernamePrefix: prefix } })],
  });
  await onboardTenant(engine.command(), acme, engine.ports);
  engine.pass(1_000);
  const binding = async (name: string) =>
    engine.cluster.get({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", name, namespace: "tenant-acme" }, signal);
  const bindings = () =>
    engine.cluster
      .objects()
      .filter(({ kind, metadata }) => kind === "RoleBinding" && metadata?.name?.startsWith("user-"))
      .map(({ metadata }) => metadata?.name)
      .sort();
  return { engine, binding, bindings };
}

describe("A grant", () => {
  test("is one binding of the person, with the cluster's prefix, to the ClusterRole", async () => {
    const { engine, binding } = await onboarded();
    const before = engine.cluster.calls.length;
    const { grant, applied, created } = await grantAccess(engine.command(), anna, undefined, engine.ports);
    expect({ granted: grant?.granted, applied, created }).toEqual({ granted: true, applied: true, created: true });
    expect(engine.cluster.calls.slice(before).map(({ verb, ref }) => `${verb} ${ref?.kind}`)).toEqual(["apply RoleBinding"]);
    expect(await binding("user-anna@example.com-tenant-viewer")).toMatchObject({
      metadata: { labels: { "tenant-id": "acme" }, annotations: { "tenantry.dev/user-id": "anna@example.com" } },
      roleRef: { kind: "ClusterRole", name: "tenant-viewer" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "oidc:anna@example.com" }],
    });
    expect(engine.said().at(-1)).toBe("3 TenantAccessGranted");
    expect(engine.table.events.at(-1)?.detail.data).toEqual({ ...anna, sources: ["direct"] });
  });

  test("of a user id that no name can hold has it encoded in the binding's name", async () => {
    const { engine, bindings } = await onboarded();
    await grantAccess(engine.command(), bob, undefined, engine.ports);
    expect(bindings()).toEqual([`user-~${Buffer.from("bob/ops").toString("base64url")}-tenant-admin`]);
  });

  test("repeated changes nothing", async () => {
    const { engine } = await onboarded();
    await grantAccess(engine.command(), anna, undefined, engine.ports);
    const { generation } = await engine.tenant();
    const { created } = await grantAccess(engine.command(), anna, undefined, engine.ports);
    expect(created).toBe(false);
    expect((await engine.tenant()).generation).toBe(generation);
  });

  test("of a role that is not on the list is refused, and nothing is written", async () => {
    const { engine } = await onboarded();
    await expect(grantAccess(engine.command(), { ...anna, role: "cluster-admin" }, undefined, engine.ports)).rejects.toMatchObject({
      code: "UnknownRole",
    });
    expect(engine.table.grants.size).toBe(0);
  });

  test("taken back is gone from the cluster, and what an older request asks comes too late", async () => {
    const { engine, bindings } = await onboarded();
    await grantAccess(engine.command(), anna, undefined, engine.ports);
    const late = engine.now();
    engine.pass(1_000);
    const { applied, grant } = await revokeAccess(engine.command(), anna, engine.ports);
    expect({ applied, granted: grant?.granted }).toEqual({ applied: true, granted: false });
    expect(bindings()).toEqual([]);
    expect(engine.table.events.at(-1)?.detail.data).toEqual({ ...anna, sources: ["direct"], reason: "Revoked" });
    await grantAccess(engine.command({ occurredAt: late }), anna, undefined, engine.ports);
    expect(bindings()).toEqual([]);
  });

  test("asked for in person is newer than what an event from the future's edge said", async () => {
    const { engine, bindings } = await onboarded();
    await grantAccess(engine.command({ occurredAt: "2030-01-01T00:04:00.000Z" }), anna, undefined, engine.ports);
    await revokeAccess(engine.command({ newest: true }), anna, engine.ports);
    expect(bindings()).toEqual([]);
  });

  test("that never was cannot be taken back in person, and an event's revoke of it holds against an older grant", async () => {
    const { engine, bindings } = await onboarded();
    await expect(revokeAccess(engine.command({ newest: true }), anna, engine.ports)).rejects.toMatchObject({ code: "GrantNotFound" });
    const earlier = engine.now();
    engine.pass(1_000);
    await revokeAccess(engine.command(), anna, engine.ports);
    await grantAccess(engine.command({ occurredAt: earlier }), anna, undefined, engine.ports);
    expect(bindings()).toEqual([]);
  });

  test("goes only with the last source that gives it", async () => {
    const { engine, bindings } = await onboarded();
    const said = (source: string, granted: boolean, at: string) => ({ ...anna, source, granted, at, group: source });
    const change = async (source: string, granted: boolean) => {
      await changeAccess(engine.command(), [said(source, granted, engine.now())], engine.ports);
      await engine.settle();
    };
    await change("okta:g1", true);
    const { generation } = await engine.tenant();
    await change("okta:g2", true);
    expect((await engine.tenant()).generation).toBe(generation);
    engine.pass(1_000);
    await change("okta:g1", false);
    expect(bindings()).toHaveLength(1);
    await change("okta:g2", false);
    expect(bindings()).toEqual([]);
  });

  test("ends at its time", async () => {
    const { engine, bindings } = await onboarded();
    const expiresAt = "2030-01-01T01:00:00.000Z";
    await grantAccess(engine.command(), anna, expiresAt, engine.ports);
    expect(engine.table.grants.get(`acme#${grantId(anna)}`)?.dueAt).toBe(expiresAt);
    await expireGrant(engine.command(), anna, engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(1);
    engine.pass(3_600_000);
    await expireGrant(engine.command({ tenantId: "acme" }), anna, engine.ports);
    await engine.settle();
    expect(bindings()).toEqual([]);
    expect(engine.table.events.at(-1)?.detail.data).toMatchObject({ reason: "Expired" });
    expect(engine.table.grants.get(`acme#${grantId(anna)}`)?.dueAt).toBeUndefined();
  });
});

describe("A paused tenant", () => {
  const granted = async (count: number) => {
    const world = await onboarded();
    const { engine } = world;
    const users = Array.from({ length: count }, (_, index) => `u${String(index).padStart(3, "0")}@example.com`);
    for (const userId of users) await grantAccess(engine.command(), { userId, role: "tenant-viewer" }, undefined, engine.ports);
    await pauseTenant(engine.command({ newest: true }), true, engine.ports);
    engine.pass(1_000);
    const revokeAll = async () => {
      for (const userId of users) await revokeAccess(engine.command(), { userId, role: "tenant-viewer" }, engine.ports);
    };
    const resume = async () => {
      await pauseTenant(engine.command({ newest: true }), false, engine.ports);
      await engine.settle();
    };
    return { ...world, revokeAll, resume };
  };
  const pending = ({ grants }: MemoryTable) => [...grants.values()].filter((grant) => grant.pending !== undefined);

  test("takes back more than its record can name, and tells each once it is resumed", async () => {
    const { engine, bindings, revokeAll, resume } = await granted(130);
    await revokeAll();
    expect((await engine.tenant()).pendingGrants).toHaveLength(50);
    await expect(grantAccess(engine.command(), anna, undefined, engine.ports)).rejects.toMatchObject({ code: "WriteContention" });
    expect(bindings()).toHaveLength(130);
    await resume();
    expect(bindings()).toEqual([]);
    expect(engine.said().filter((one) => one.endsWith("TenantAccessRevoked"))).toHaveLength(130);
    expect(pending(engine.table)).toEqual([]);
    const { announcements, pendingGrants, repair, timers } = await engine.tenant();
    expect({ announcements, pendingGrants, repair, timers }).toEqual({ announcements: [], timers: {} });
  });

  test("takes all of it back, and tells each once, also where its record moves in the middle of a round", async () => {
    const { engine, bindings, revokeAll, resume } = await granted(130);
    await revokeAll();
    let deletes = 0;
    engine.cluster.before = async ({ verb }) => {
      deletes += verb === "delete" ? 1 : 0;
      if (verb !== "delete" || deletes % 45 !== 0) return;
      await changeTenant(engine.command({ eager: undefined, newest: true }), { name: `Acme ${deletes}` }, engine.ports);
    };
    await resume();
    await engine.settle();
    expect((await engine.tenant()).desired.name).toBe("Acme 90");
    expect(bindings()).toEqual([]);
    expect(pending(engine.table)).toEqual([]);
    const told = engine.table.events.filter(({ type }) => type === "TenantAccessRevoked").map(({ detail }) => detail.data["userId"]);
    expect([told.length, new Set(told).size]).toEqual([130, 130]);
  });

  test("takes back whatever else waits to be announced", async () => {
    const { engine, bindings, revokeAll, resume } = await granted(2);
    for (let change = 0; change < 600; change++) {
      await changeTenant(engine.command(), { tier: change % 2 === 0 ? "premium" : "basic" }, engine.ports);
      engine.pass(1);
    }
    await revokeAll();
    await resume();
    expect(bindings()).toEqual([]);
  });

  test("remembers what it takes back until the cluster follows, and only from then on for a limited time", async () => {
    const { engine, revokeAll, resume } = await granted(60);
    await revokeAll();
    const ttls = () => [...engine.table.grants.values()].map(({ ttl }) => ttl);
    expect(new Set(ttls())).toEqual(new Set([undefined]));
    engine.pass(40 * 86_400_000);
    await resume();
    const days = engine.ports.platform.retentionDays.tombstone;
    for (const ttl of ttls()) expect(ttl).toBeGreaterThan(Date.parse(engine.now()) / 1_000 + (days - 1) * 86_400);
  });

  test("takes the binding away of a pending grant that the table does not have any more", async () => {
    const { engine, bindings, revokeAll, resume } = await granted(2);
    await revokeAll();
    engine.table.grants.clear();
    await resume();
    expect(bindings()).toEqual([]);
  });

  test("announces the last change of a grant alone, where several met before the cluster followed", async () => {
    const { engine, revokeAll, resume } = await granted(1);
    await revokeAll();
    engine.pass(1_000);
    await grantAccess(engine.command(), { userId: "u000@example.com", role: "tenant-viewer" }, undefined, engine.ports);
    const before = engine.said().length;
    await resume();
    expect(engine.said().slice(before)).toEqual([expect.stringMatching(/TenantAccessGranted$/)]);
  });
});

describe("The grants of a tenant", () => {
  const many = Array.from({ length: 230 }, (_, index) => ({
    userId: `user${String(index).padStart(3, "0")}@example.com`,
    role: "tenant-viewer",
  }));
  const granted = async () => {
    const world = await onboarded();
    const { engine } = world;
    for (let start = 0; start < many.length; start += 25) {
      const asked = many.slice(start, start + 25).map((key) => ({ ...key, source: "okta:g", granted: true, at: engine.now() }));
      await changeAccess(engine.command(), asked, engine.ports);
      await engine.settle();
    }
    engine.pass(1_000);
    return world;
  };

  test("are cut while it is suspended, page by page, and come back when it is activated", async () => {
    const { engine, bindings } = await granted();
    expect(bindings()).toHaveLength(230);
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(bindings()).toEqual([]);
    await grantAccess(engine.command(), anna, undefined, engine.ports);
    await engine.settle();
    expect(bindings()).toEqual([]);
    engine.pass(1_000);
    await activateTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(231);
    expect((await engine.tenant()).status.observedGeneration).toBe((await engine.tenant()).generation);
  });

  test("are brought back with a namespace that somebody removed", async () => {
    const { engine, bindings } = await granted();
    const uid = (await engine.tenant()).status.namespaceUid;
    await engine.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "tenant-acme" }, { uid }, signal);
    engine.cluster.finishDeletes();
    expect(bindings()).toEqual([]);
    await grantAccess(engine.command(), anna, undefined, engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(231);
  });

  test("follow the cluster's prefix when a wave makes the tenant due", async () => {
    const { engine, binding } = await granted();
    const [cluster] = [...engine.registry.clusters.values()];
    if (cluster?.access === undefined) throw new Error("No cluster");
    cluster.access = { ...cluster.access, usernamePrefix: "sso:" };
    await grantAccess(engine.command(), anna, undefined, engine.ports);
    await engine.settle();
    expect(await binding("user-user007@example.com-tenant-viewer")).toMatchObject({ subjects: [{ name: "sso:user007@example.com" }] });
  });

  test("are forgotten with the tenant also where there was nothing but a revoke of what never was", async () => {
    const { engine } = await onboarded();
    await revokeAccess(engine.command(), anna, engine.ports);
    expect([...engine.table.grants.values()]).toMatchObject([{ userId: anna.userId, granted: false }]);
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle();
    expect((await engine.tenant()).status.deletedAt).toBeDefined();
    expect([...engine.table.grants.values()]).toEqual([]);
  });

  test("are forgotten with the tenant: one of the same id begins without, and an older grant does not reach it", async () => {
    const { engine, bindings } = await granted();
    const late = engine.now();
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(engine.table.grants.size).toBe(0);
    engine.pass(1_000);
    await onboardTenant(engine.command(), acme, engine.ports);
    await engine.settle();
    expect(bindings()).toEqual([]);
    await expect(grantAccess(engine.command({ occurredAt: late }), anna, undefined, engine.ports)).rejects.toMatchObject({
      code: "TenantDeleted",
    });
  });
});

describe("A grant that the cluster refuses again and again", () => {
  /** Grants to people by number; the cluster refuses the first. */
  const refusing = async () => {
    const { engine, bindings } = await onboarded();
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "apply" && ref?.name.startsWith("user-u0-")) throw new ClusterError(403, "Forbidden", "a policy denies it");
    };
    const person = (number: number) => ({ userId: `u${number}`, role: "tenant-viewer" });
    const pending = async () => (await engine.tenant()).pendingGrants ?? [];
    return { engine, bindings, person, pending };
  };

  test("stays pending alone: what is asked for besides is done and announced, and the record does not fill up", async () => {
    const { engine, bindings, person, pending } = await refusing();
    for (let number = 0; number < 80; number++) {
      engine.pass(1_000);
      await grantAccess(engine.command(), person(number), undefined, engine.ports);
    }
    expect(await pending()).toEqual([grantId(person(0))]);
    engine.pass(1_000);
    await revokeAccess(engine.command(), person(79), engine.ports);
    expect(bindings()).toHaveLength(78);
    expect(engine.said().filter((line) => line.endsWith("TenantAccessGranted"))).toHaveLength(79);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "Forbidden" });
  });

  test("holds up no revoke that waits behind it, also of more people than the record names", async () => {
    const { engine, bindings, person, pending } = await refusing();
    for (let number = 1; number < 100; number++) await grantAccess(engine.command(), person(number), undefined, engine.ports);
    await pauseTenant(engine.command(), true, engine.ports);
    engine.pass(1_000);
    await grantAccess(engine.command(), person(0), undefined, engine.ports);
    for (let number = 1; number < 100; number++) {
      engine.pass(1);
      await revokeAccess(engine.command(), person(number), engine.ports);
    }
    engine.pass(1_000);
    await pauseTenant(engine.command(), false, engine.ports);
    await engine.settle("acme", 12);
    expect(bindings()).toEqual([]);
    expect(await pending()).toEqual([grantId(person(0))]);
    expect((await engine.tenant()).status.failure?.count).toBeGreaterThan(1);
  });

  test("as its binding cannot be deleted, leaves nobody else bound to a suspended tenant, and goes with the first try that succeeds", async () => {
    const { engine, bindings, person, pending } = await refusing();
    for (let number = 1; number < 250; number++) await grantAccess(engine.command(), person(number), undefined, engine.ports);
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "delete" && ref?.name.startsWith("user-u100-")) throw new ClusterError(403, "Forbidden", "a policy denies it");
    };
    engine.pass(1_000);
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle("acme", 12);
    expect(bindings()).toEqual(["user-u100-tenant-viewer"]);
    expect(await pending()).toEqual([grantId(person(100))]);
    expect((await engine.tenant()).status.failure?.count).toBeGreaterThan(1);
    engine.cluster.before = undefined;
    await engine.settle();
    expect(bindings()).toEqual([]);
    const { generation, status } = await engine.tenant();
    expect({ stands: status.observedGeneration, failure: status.failure }).toEqual({ stands: generation, failure: undefined });
  });
});
