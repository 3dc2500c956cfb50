import { describe, expect, test } from "@jest/globals";
import { onboard } from "../../../shared/domain/intent.ts";
import { afterRepair, type Findings, repair } from "../../../shared/domain/repair.ts";
import type { TenantStore } from "../../../shared/ports.ts";
import { reconcile } from "../../../shared/reconcile/reconcile.ts";
import { leaseOf } from "../../../shared/reconcile/run.ts";
import { checkDrift } from "../../../shared/usecases/check-drift.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { aCause, aTenant } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";

const never = new AbortController().signal;
const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-acme" };
const key = "NetworkPolicy/tenant-isolation";

/** A tenant whose NetworkPolicy somebody deleted. */
async function drifted() {
  const engine = anEngine();
  await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
  engine.pass(1_000);
  await engine.cluster.delete(policy, {}, never);
  const check = (before: TenantStore["write"] = async () => {}) => {
    const write: TenantStore["write"] = async (one) => {
      await before(one);
      await engine.table.write(one);
    };
    const store: TenantStore = Object.create(engine.table, { write: { value: write } });
    return checkDrift({ cluster: "local" }, { ...engine.ports, store, tenants: engine.table }, { enough: never, signal: never });
  };
  return { engine, check };
}

const findings = (before: { generation: number; updatedAt: string }, over: Partial<Findings> = {}): Findings => ({
  generation: before.generation,
  updatedAt: before.updatedAt,
  objects: [{ object: key, change: "missing", fields: [], by: [] }],
  foreign: [],
  standing: [],
  namespaceLost: false,
  more: 0,
  grants: [],
  ...over,
});

describe("A repair", () => {
  test("that is recorded while a reconcile has just begun is applied by that reconcile", async () => {
    const { engine, check } = await drifted();
    const run = engine.run();
    let begun = await engine.tenant();
    await check(async () => {
      // A wave makes the tenant due, and a worker takes the lease, after the check has read the record.
      const { table } = engine;
      await table.write({ before: begun, after: { ...begun, dueAt: engine.now(), timers: { work: engine.now() } }, lease: "take" });
      const { owner, leaseUntil, dueAt: nextDueAt } = run;
      begun = (await table.begin("acme", { dueAt: engine.now(), owner, leaseUntil, nextDueAt, now: engine.now() })) ?? begun;
    });
    expect(begun.lease).toEqual(leaseOf(run));
    await reconcile(begun, run, engine.ports);
    await engine.settle();
    expect(await engine.cluster.get(policy, never)).toBeDefined();
    expect(engine.said()).toEqual(["1 TenantOnboarded", "2 TenantReady", "3 TenantDriftRepaired"]);
    const { repair: left, generation, status } = await engine.tenant();
    expect({ left, observed: status.observedGeneration }).toEqual({ left: undefined, observed: generation });
  });

  test("that meets a reconcile which has ended since the check is not recorded: the next check looks again", async () => {
    const { engine, check } = await drifted();
    const seen = await engine.tenant();
    const at = { cause: aCause(), now: engine.now() };
    const later = { ...seen, updatedAt: engine.now() };
    expect(repair(later, findings(seen), at)).toEqual({ after: later, settled: true });
    await check();
    await engine.settle();
    expect(await engine.cluster.get(policy, never)).toBeDefined();
  });

  test("that a crash keeps from being applied is still in the record, and applied by the next reconcile", async () => {
    const { engine, check } = await drifted();
    await check();
    const { dueAt = "" } = await engine.tenant();
    const run = engine.run();
    await engine.table.begin("acme", { dueAt, owner: "crashed", leaseUntil: run.leaseUntil, nextDueAt: run.dueAt, now: engine.now() });
    await engine.settle();
    expect(await engine.cluster.get(policy, never)).toBeDefined();
  });
});

describe("What a repair makes of the record", () => {
  const applied = { [key]: "h1", "Namespace/tenant-acme": "h2" };
  const status = { observedGeneration: 1, conditions: [], applied, versions: { [key]: "5" }, grants: { stands: "s" } };
  const before = aTenant({ status });
  const at = { cause: aCause(), now: "2030-01-02T00:00:00.000Z" };

  test("leaves the status alone: that is written by reconciles only", () => {
    expect(repair(before, findings(before), at).after.status).toBe(before.status);
  });

  test("has the next round take what drifted for not applied", () => {
    const { after } = repair(before, findings(before), at);
    expect(afterRepair(after)).toMatchObject({ applied: { "Namespace/tenant-acme": "h2" }, versions: {}, grants: { stands: "s" } });
  });

  test("has the next round take nothing for applied where the namespace was lost", () => {
    const { after } = repair(before, findings(before, { namespaceLost: true }), at);
    const { applied: left, versions, grants } = afterRepair(after);
    expect({ left, versions, grants }).toEqual({ left: {}, versions: {}, grants: undefined });
  });

  test("names only objects that the record knows, however many bindings of grants drifted", () => {
    const objects = Array.from({ length: 500 }, (_, index) => `RoleBinding/user-u${index}-tenant-viewer`);
    const found = findings(before, {
      objects: [key, ...objects].map((object) => ({ object, change: "missing" as const, fields: [], by: [] })),
      grants: objects.map((_, index) => `u${index}\ntenant-viewer`),
    });
    const { after } = repair(before, found, at);
    expect(after.repair).toEqual({ objects: [key], allGrants: true, foreign: [] });
    expect(afterRepair(after).grants).toBeUndefined();
  });

  test("is forgotten with an onboarding after the tenant's end", () => {
    const ended = { ...before, repair: { objects: [], allGrants: false, foreign: [] }, status: { ...status, deletedAt: at.now } };
    const asked = { tenantId: "acme", desired: before.desired, hash: "h", cause: aCause(), occurredAt: "2030-02-01T00:00:00.000Z" };
    expect(onboard(ended, { ...asked, now: asked.occurredAt }).after.repair).toBeUndefined();
  });
});
