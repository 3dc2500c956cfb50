import { describe, expect, test } from "@jest/globals";
import { ClusterError, WriteConflict } from "../../../shared/ports.ts";
import { activateTenant } from "../../../shared/usecases/activate-tenant.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { anEngine } from "../../support/engine.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const people = ["anna@example.com", "bob@example.com"].map((userId) => ({ userId, role: "tenant-viewer" }));

/** A tenant with two people, and a switch that has the API server refuse the NetworkPolicy. */
async function withPeople() {
  const engine = anEngine();
  await onboardTenant(engine.command(), acme, engine.ports);
  for (const person of people) await grantAccess(engine.command(), person, undefined, engine.ports);
  engine.pass(1_000);
  const refuse = (refusing: boolean): void => {
    engine.cluster.before = ({ verb, ref }) => {
      if (refusing && verb === "apply" && ref?.kind === "NetworkPolicy") throw new ClusterError(500, "InternalError", "no leader");
    };
  };
  const bindings = (): unknown[] =>
    engine.cluster.objects().filter(({ kind, metadata }) => kind === "RoleBinding" && metadata?.name?.startsWith("user-"));
  return { engine, refuse, bindings };
}

describe("A pass over all grants whose first round fails", () => {
  test("because a tenant is activated leaves nobody a binding when the tenant is suspended before the next round", async () => {
    const { engine, refuse, bindings } = await withPeople();
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(0);
    engine.pass(1_000);
    refuse(true);
    await activateTenant(engine.command(), engine.ports);
    expect(bindings()).toHaveLength(2);
    refuse(false);
    engine.pass(500);
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(0);
    expect((await engine.tenant()).status.observedGeneration).toBe((await engine.tenant()).generation);
  });

  test("because a tenant is suspended takes nobody's binding when the tenant is activated before the next round", async () => {
    const { engine, refuse, bindings } = await withPeople();
    refuse(true);
    await suspendTenant(engine.command(), engine.ports);
    expect(bindings()).toHaveLength(0);
    refuse(false);
    engine.pass(500);
    await activateTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(bindings()).toHaveLength(2);
  });
});

describe("A write in the middle of a round", () => {
  test("of which the answer is lost stands, also where the round then ends as a failure", async () => {
    const { engine, bindings } = await withPeople();
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle();
    engine.pass(1_000);
    let lost = false;
    const store = new Proxy(engine.table, {
      get: (table, name) =>
        name !== "write"
          ? Reflect.get(table, name).bind(table)
          : async (write: Parameters<typeof table.write>[0]) => {
              await table.write(write);
              if (lost || write.lease !== "hold" || write.after.lease === undefined) return;
              lost = true;
              throw new Error("socket hang up");
            },
    });
    await activateTenant(engine.command(), { ...engine.ports, store });
    const { status } = await engine.tenant();
    expect({ lost, failure: status.failure?.reason, grants: status.grants }).toEqual({
      lost: true,
      failure: "Internal",
      grants: { pass: expect.any(String) },
    });
    await engine.settle();
    expect(bindings()).toHaveLength(2);
  });
});

describe("A round whose record moved", () => {
  test("keeps what it recorded and what it did, when the round after it fails", async () => {
    const { engine, refuse } = await withPeople();
    await suspendTenant(engine.command(), engine.ports);
    await engine.settle();
    engine.pass(1_000);
    // The activation's round ends beside a change of name; the round for that change fails.
    let finishes = 0;
    const store = new Proxy(engine.table, {
      get: (table, name) =>
        name !== "write"
          ? Reflect.get(table, name).bind(table)
          : async (write: Parameters<typeof table.write>[0]) => {
              if (write.lease === "hold" && write.after.lease === undefined && ++finishes === 1) {
                await changeTenant(engine.command(), { name: "Acme GmbH" }, engine.ports);
                refuse(true);
              }
              return table.write(write);
            },
    });
    await activateTenant(engine.command(), { ...engine.ports, store });
    const { status, generation } = await engine.tenant();
    expect(status.failure).toMatchObject({ reason: "InternalError" });
    expect(status.observedGeneration).toBe(generation - 2);
    expect(status.grants).toEqual({ stands: expect.not.stringMatching("asleep") });
    expect(status.applied["RoleBinding/tenant-binding"]).not.toBe("absent");
  });

  test("again and again waits longer each time, and ends with its invocation", async () => {
    const engine = anEngine();
    const signal = AbortSignal.timeout(1_500);
    let rounds = 0;
    const store = new Proxy(engine.table, {
      get: (table, name) =>
        name !== "write"
          ? Reflect.get(table, name).bind(table)
          : async (write: Parameters<typeof table.write>[0]) => {
              if (write.after.status.observedGeneration > 0) {
                rounds += 1;
                throw new WriteConflict("The record moved.");
              }
              return table.write(write);
            },
    });
    const { lease, dueAt } = (await onboardTenant(engine.command({ eager: engine.run({ signal }) }), acme, { ...engine.ports, store }))
      .tenant;
    expect({ lease, dueAt }).toEqual({ lease: undefined, dueAt: engine.now() });
    expect(rounds).toBeGreaterThan(3);
    expect(rounds).toBeLessThan(12);
  });
});
