import { describe, expect, test } from "@jest/globals";
import { phaseOf } from "../../../shared/domain/phase.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { anEngine } from "../../support/engine.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const HOUR = 3_600_000;

/** Looks at the tenant whenever it is due, for so long; answers the pauses between, milliseconds. */
async function watch(engine: ReturnType<typeof anEngine>, forMs: number): Promise<number[]> {
  const end = Date.parse(engine.now()) + forMs;
  const pauses: number[] = [];
  for (;;) {
    const { dueAt } = await engine.tenant();
    if (dueAt === undefined || Date.parse(dueAt) > end) return pauses;
    const pause = Math.max(0, Date.parse(dueAt) - Date.parse(engine.now()));
    pauses.push(pause);
    if (pauses.length > 5_000) return pauses;
    engine.pass(pause);
    await reconcileTenant({ tenantId: "acme", dueAt }, engine.run(), engine.ports);
  }
}
const told = (engine: ReturnType<typeof anEngine>): string[] => engine.said().filter((one) => /Failed|Blocked/.test(one));

describe("A namespace that is found lost again and again", () => {
  test("is made again after growing pauses, and is a failure at last", async () => {
    const engine = anEngine();
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "apply" && ref?.kind === "Namespace") throw new ClusterError(409, "Conflict", "uid mismatch (apply: 409)");
    };
    await onboardTenant(engine.command(), acme, engine.ports);
    const pauses = await watch(engine, 30 * 60_000);
    expect(pauses[0]).toBe(1_000);
    expect(pauses.length).toBeLessThan(50);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "NamespaceLost" });
    engine.cluster.before = undefined;
    await watch(engine, HOUR);
    expect(phaseOf(await engine.tenant())).toBe("Ready");
  });
});

describe("A namespace that something holds", () => {
  test("is looked at after growing pauses, is a failure after ten minutes, and Blocked after a day", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    await tearDownTenant(engine.command(), engine.ports);
    const first = await watch(engine, 9 * 60_000);
    expect(first[0]).toBe(4_000);
    expect(first).toEqual([...first].sort((a, b) => a - b));
    expect(first.length).toBeLessThan(25);
    expect(told(engine)).toEqual([]);
    await watch(engine, 30 * 60_000);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "NamespaceTerminating", blocked: false });
    expect(told(engine)).toEqual([expect.stringMatching("TenantFailed")]);
    const day = await watch(engine, 25 * HOUR);
    expect(Math.max(...day)).toBeGreaterThan(HOUR / 2);
    expect(day.length).toBeLessThan(600);
    expect(phaseOf(await engine.tenant())).toBe("Blocked");
    expect(told(engine)).toEqual([expect.stringMatching("TenantFailed"), expect.stringMatching("TenantBlocked")]);
    engine.cluster.finishDeletes();
    await watch(engine, HOUR);
    expect(phaseOf(await engine.tenant())).toBe("Deleted");
  });

  test("is not waited for anew after a hiccup in between", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), acme, engine.ports);
    await tearDownTenant(engine.command(), engine.ports);
    await watch(engine, 8 * 60_000);
    engine.cluster.before = () => {
      throw new ClusterError(undefined, "Timeout", "no answer");
    };
    await watch(engine, 2 * 60_000 + 1_000);
    engine.cluster.before = undefined;
    await watch(engine, 5 * 60_000);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "NamespaceTerminating" });
  });
});

test("A tenant that no cluster fits is a failure after ten minutes, and placed soon after one does", async () => {
  const engine = anEngine({ clusters: [] });
  await onboardTenant(engine.command(), acme, engine.ports);
  const pauses = await watch(engine, 2 * HOUR);
  expect(pauses[0]).toBe(30_000);
  expect(Math.max(...pauses)).toBe(300_000);
  expect((await engine.tenant()).status.failure).toMatchObject({ reason: "NoCluster" });
  expect(told(engine)).toEqual([expect.stringMatching("TenantFailed")]);
});

test("A tenant that its cluster's outage has Blocked is looked at within the hour, with the access that is to be taken back", async () => {
  const engine = anEngine();
  const anna = { userId: "anna@example.com", role: "tenant-viewer" };
  await onboardTenant(engine.command(), acme, engine.ports);
  await grantAccess(engine.command(), anna, undefined, engine.ports);
  engine.pass(1_000);
  engine.cluster.before = () => {
    throw new ClusterError(undefined, "Unreachable", "connection refused");
  };
  await changeTenant(engine.command(), { tier: "premium" }, engine.ports);
  await watch(engine, 25 * HOUR);
  expect(phaseOf(await engine.tenant())).toBe("Blocked");
  await revokeAccess(engine.command(), anna, engine.ports);
  const looks: number[] = [];
  for (const random of [0, 0.5, 0.999]) {
    engine.ports.random = () => random;
    looks.push(...(await watch(engine, 2 * HOUR)).slice(-1));
  }
  expect(new Set(looks).size).toBe(3);
  for (const look of looks) expect(look).toBeLessThanOrEqual(HOUR);
  engine.cluster.before = undefined;
  await watch(engine, HOUR);
  expect(phaseOf(await engine.tenant())).toBe("Ready");
  expect(engine.cluster.objects().filter(({ metadata }) => metadata?.name?.startsWith("user-"))).toEqual([]);
});
