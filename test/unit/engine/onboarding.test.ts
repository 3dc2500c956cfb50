import { describe, expect, test } from "@jest/globals";
import { phaseOf } from "../../../shared/domain/phase.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { aCluster } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import { noSlots } from "../../support/memory-table.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const condition = (tenant: { status: { conditions: { type: string }[] } }, type: string) =>
  tenant.status.conditions.find((c) => c.type === type);

describe("An eager onboarding", () => {
  test("is Ready in one invocation, with every object applied once and one GET", async () => {
    const engine = anEngine();
    const { tenant, created } = await onboardTenant(engine.command(), acme, engine.ports);
    expect(created).toBe(true);
    expect(phaseOf(tenant)).toBe("Ready");
    expect(engine.objects().sort()).toEqual(
      [
        "Namespace/tenant-acme",
        "NetworkPolicy/tenant-isolation",
        "ServiceAccount/tenant-acme",
        "Role/tenant-role",
        "RoleBinding/tenant-binding",
        "ResourceQuota/tenant-quota",
        "LimitRange/tenant-limits",
        "ServiceMonitor/tenant-monitor",
      ].sort(),
    );
    expect(engine.cluster.calls.filter(({ verb }) => verb === "get")).toHaveLength(1);
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
    expect(tenant).toMatchObject({ cluster: "local", status: { observedGeneration: 1 } });
    expect(tenant.dueAt).toBeUndefined();
    expect(tenant.lease).toBeUndefined();
    expect(tenant.status.namespaceUid).toBeDefined();
    expect(condition(tenant, "Ready")).toMatchObject({ status: "True", observedGeneration: 1 });
    expect(condition(tenant, "Isolated")).toMatchObject({ status: "False", reason: "EnforcementUnproven" });
  });

  test("leaves lease and due time in the record while it works, so that a crash is only a delay", async () => {
    const engine = anEngine();
    engine.cluster.before = () => new Promise(() => {}); // The process is gone: this call never ends.
    void onboardTenant(engine.command(), acme, engine.ports);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const left = await engine.table.get("acme");
    expect(left?.lease).toBeDefined();
    expect(Date.parse(left?.dueAt ?? "")).toBeGreaterThan(Date.parse(left?.lease?.until ?? ""));
    engine.cluster.before = undefined;
    const beside = await reconcileTenant({ tenantId: "acme", dueAt: left?.dueAt ?? "" }, engine.run(), engine.ports);
    expect(beside).toBeUndefined();
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  });

  test("hands back when its caller's wait ends: lease gone, due now, a message sent, then the answer", async () => {
    const engine = anEngine();
    engine.cluster.before = async ({ verb }) => {
      if (verb === "apply") await new Promise((resolve) => setTimeout(resolve, 30));
    };
    const { tenant } = await onboardTenant(engine.command({ eager: engine.run({ signal: AbortSignal.timeout(10) }) }), acme, engine.ports);
    expect(phaseOf(tenant)).toBe("Provisioning");
    const left = await engine.table.get("acme");
    expect(left?.lease).toBeUndefined();
    expect(left?.dueAt).toBe(engine.now());
    expect(engine.queue.sent).toEqual([{ message: { tenantId: "acme", dueAt: engine.now() }, delaySeconds: 0 }]);
  });

  test("without a free slot in the cluster is left to the queue", async () => {
    const engine = anEngine();
    const { tenant } = await onboardTenant(engine.command(), acme, { ...engine.ports, slots: noSlots });
    expect(phaseOf(tenant)).toBe("Provisioning");
    expect(engine.objects()).toEqual([]);
    expect(engine.queue.sent).toHaveLength(1);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });
});

describe("A copy of a command", () => {
  const key = { id: "signup#evt-1", hash: "body-1" };

  test("renders the record as it stands and changes nothing", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command({ key }), acme, engine.ports);
    const calls = engine.cluster.calls.length;
    const again = await onboardTenant(engine.command({ key }), acme, engine.ports);
    expect(again).toMatchObject({ changed: false, created: false, tenant: { generation: 1 } });
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
    expect(engine.cluster.calls).toHaveLength(calls);
  });

  test("with another body is IdempotencyKeyReused", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command({ key }), acme, engine.ports);
    await expect(
      onboardTenant(engine.command({ key: { ...key, hash: "body-2" } }), { ...acme, name: "B" }, engine.ports),
    ).rejects.toMatchObject({ code: "IdempotencyKeyReused" });
  });

  test("ten at once make one tenant and one set of events", async () => {
    const engine = anEngine();
    await Promise.all(Array.from({ length: 10 }, () => onboardTenant(engine.command({ key }), acme, engine.ports)));
    await engine.settle();
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
  });

  test("without a key and with the same data changes nothing; with other data it is TenantExists", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    expect((await onboardTenant(engine.command(), acme, engine.ports)).changed).toBe(false);
    await expect(onboardTenant(engine.command(), { ...acme, tier: "premium" }, engine.ports)).rejects.toMatchObject({
      code: "TenantExists",
    });
  });
});

describe("Where an onboarding cannot go on", () => {
  test("a foreign namespace of that name is Blocked, and nothing is applied", async () => {
    const engine = anEngine();
    engine.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme" } });
    const { tenant } = await onboardTenant(engine.command(), acme, engine.ports);
    expect(phaseOf(tenant)).toBe("Blocked");
    expect(condition(tenant, "Ready")).toMatchObject({ status: "False", reason: "NamespaceTaken" });
    expect(engine.objects()).toEqual([]);
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantBlocked"]);
    expect(Date.parse(tenant.dueAt ?? "") - Date.parse(engine.now())).toBe(0.75 * 3_600_000);
  });

  test("no cluster registered is a condition that says so, and it finishes when one is", async () => {
    const engine = anEngine({ clusters: [] });
    const { tenant } = await onboardTenant(engine.command(), acme, engine.ports);
    expect(phaseOf(tenant)).toBe("Provisioning");
    expect(condition(tenant, "Placed")).toMatchObject({ status: "False", reason: "NoCluster" });
    engine.registry.set(aCluster());
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });

  test("a cluster that is down, then answers errors in the middle, is tried again with growing pauses until it is Ready", async () => {
    const engine = anEngine();
    let left = 5;
    engine.cluster.before = ({ ref }) => {
      if (left > 0 && (left > 3 || ref?.kind === "ResourceQuota")) {
        left--;
        throw new ClusterError(left % 2 === 0 ? 500 : undefined, "Unreachable", "connection refused");
      }
    };
    const { tenant } = await onboardTenant(engine.command(), acme, engine.ports);
    expect(phaseOf(tenant)).toBe("Failed");
    expect(tenant.status.failure).toMatchObject({ count: 1, reason: "Unreachable", blocked: false });
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantFailed", "3 TenantReady"]);
    // What stood after the first failure in the middle was not applied again.
    expect(engine.objects().filter((key) => key.startsWith("LimitRange"))).toHaveLength(1);
  });

  test("a namespace that someone removed is made again", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    await engine.cluster.delete({ apiVersion: "v1", kind: "Namespace", name: "tenant-acme" }, {}, AbortSignal.timeout(1_000));
    engine.cluster.finishDeletes();
    await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    await engine.settle();
    expect(phaseOf(await engine.tenant())).toBe("Ready");
    expect(
      await engine.cluster.get(
        { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-acme" },
        AbortSignal.timeout(1_000),
      ),
    ).toBeDefined();
  });
});

describe("A change", () => {
  test("of the tier applies only what the tier shapes, and says TenantQuotaChanged", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    const before = engine.objects().length;
    engine.pass(1_000);
    const { tenant } = await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    expect(engine.objects().slice(before).sort()).toEqual([
      "LimitRange/tenant-limits",
      "Namespace/tenant-acme",
      "ResourceQuota/tenant-quota",
    ]);
    expect(tenant).toMatchObject({ generation: 2, desired: { tier: "premium" }, status: { observedGeneration: 2 } });
    expect(engine.table.events.at(-1)).toMatchObject({
      type: "TenantQuotaChanged",
      sequence: 3,
      detail: { data: { tier: "premium", quota: { cpu: "8", memory: "16Gi" } } },
    });
  });

  test("above the tier's ceiling is refused with the resource, and changes nothing", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    await expect(changeTenant(engine.command(), { quota: { cpu: "1000" } }, engine.ports)).rejects.toMatchObject({
      code: "QuotaAboveCeiling",
      issues: [{ pointer: "/quota/cpu" }],
    });
    expect((await engine.table.get("acme"))?.generation).toBe(1);
  });

  test("that comes late loses to a newer one, even where the newer one changed nothing", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command({ occurredAt: "2030-01-01T00:00:01.000Z" }), acme, engine.ports);
    await changeTenant(engine.command({ occurredAt: "2030-01-01T00:00:09.000Z" }), { tier: "basic" }, engine.ports);
    const late = await changeTenant(engine.command({ occurredAt: "2030-01-01T00:00:05.000Z" }), { tier: "premium" }, engine.ports);
    expect(late.tenant.desired.tier).toBe("basic");
  });

  test("while another reconcile holds the lease goes round again in that one", async () => {
    const engine = anEngine();
    let change: Promise<unknown> | undefined;
    engine.cluster.after = ({ ref }) => {
      if (ref?.kind === "LimitRange" && change === undefined) change = changeTenant(engine.command(), { tier: "premium" }, engine.ports);
    };
    const { tenant } = await onboardTenant(engine.command(), acme, engine.ports);
    await change;
    expect(tenant).toMatchObject({ generation: 2, status: { observedGeneration: 2 } });
    expect(phaseOf(tenant)).toBe("Ready");
  });

  test("of an unknown tenant is TenantNotFound; with a stale If-Match it is PreconditionFailed", async () => {
    const engine = anEngine();
    await expect(changeTenant(engine.command(), { tier: "basic" }, engine.ports)).rejects.toMatchObject({ code: "TenantNotFound" });
    await onboardTenant(engine.command(), acme, engine.ports);
    await expect(changeTenant(engine.command({ ifMatch: 7 }), { tier: "premium" }, engine.ports)).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
  });
});

describe("A decommission", () => {
  test("deletes the namespace by its uid, waits by requeue, and ends in a tombstone with the proof", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    engine.pass(1_000);
    const { tenant } = await tearDownTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Deleting");
    expect(engine.queue.sent.at(-1)?.delaySeconds).toBeGreaterThan(0);
    await engine.settle();
    const tombstone = await engine.tenant();
    expect(phaseOf(tombstone)).toBe("Deleted");
    expect(tombstone.dueAt).toBeUndefined();
    expect(tombstone.ttl).toBeGreaterThan(Date.parse(engine.now()) / 1_000 + 29 * 86_400);
    expect(tombstone.status.proof).toMatchObject({ cluster: "local", namespace: "tenant-acme", namespaceUid: expect.any(String) });
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady", "3 TenantDecommissioned"]);
    await expect(changeTenant(engine.command(), { tier: "premium" }, engine.ports)).rejects.toMatchObject({ code: "TenantDeleted" });
  });

  test("refuses an onboarding older than the tombstone, and takes a newer one, going on in generation and sequence", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    engine.pass(1_000);
    const asked = engine.now();
    await tearDownTenant(engine.command({ occurredAt: asked }), engine.ports);
    await engine.settle();
    await expect(onboardTenant(engine.command({ occurredAt: "2030-01-01T00:00:00.500Z" }), acme, engine.ports)).rejects.toMatchObject({
      code: "TenantDeleted",
    });
    engine.pass(1_000);
    const { tenant, created } = await onboardTenant(engine.command(), acme, engine.ports);
    expect(created).toBe(true);
    expect(phaseOf(tenant)).toBe("Ready");
    expect(tenant.generation).toBe(3);
    expect(tenant.ttl).toBeUndefined();
    expect(engine.said().at(-1)).toBe("5 TenantReady");
  });

  test("leaves a tombstone that outlives the events, also where the audit trail was kept for longer when they were written", async () => {
    const engine = anEngine();
    const auditFor = (audit: number) => {
      const { platform } = engine.ports;
      return { ...engine.ports, platform: { ...platform, retentionDays: { ...platform.retentionDays, audit, tombstone: 30 } } };
    };
    await onboardTenant(engine.command(), acme, auditFor(400));
    engine.pass(1_000);
    await tearDownTenant(engine.command({ eager: undefined }), auditFor(10));
    engine.ports.platform = auditFor(10).platform;
    await engine.settle();
    const { ttl = 0 } = await engine.tenant();
    expect(engine.table.events).toHaveLength(3);
    for (const event of engine.table.events) expect(ttl).toBeGreaterThanOrEqual(event.ttl + 7 * 86_400);
  });

  test("of a tenant that was never placed is done at once", async () => {
    const engine = anEngine({ clusters: [] });
    await onboardTenant(engine.command(), acme, engine.ports);
    const { tenant } = await tearDownTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Deleted");
    expect(tenant.status.proof).toMatchObject({ cluster: null, namespaceUid: null });
  });

  test("leaves a foreign namespace alone", async () => {
    const engine = anEngine();
    engine.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme" } });
    await onboardTenant(engine.command(), acme, engine.ports);
    const { tenant } = await tearDownTenant(engine.command(), engine.ports);
    expect(phaseOf(tenant)).toBe("Deleted");
    expect(engine.cluster.calls.some(({ verb }) => verb === "delete")).toBe(false);
  });
});
