import { expect, test } from "@jest/globals";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { anEngine } from "../../support/engine.ts";
import { MemorySlots } from "../../support/memory-table.ts";

/** A tenant on a cluster that deletes one namespace at once. */
async function onboarded() {
  const engine = anEngine();
  const slots = new MemorySlots(1);
  engine.ports.slots = slots;
  await onboardTenant(engine.command(), { name: "Acme Inc.", tier: "basic" }, engine.ports);
  engine.pass(1_000);
  return { engine, slots };
}

test("A decommission whose caller's wait ends in the middle keeps its slot in its record, and gives it back at the end", async () => {
  const { engine, slots } = await onboarded();
  const abort = new AbortController();
  engine.cluster.before = ({ verb }) => {
    if (verb === "delete") abort.abort();
  };
  await tearDownTenant(engine.command({ eager: engine.run({ signal: abort.signal }) }), engine.ports);
  engine.cluster.before = undefined;
  expect(await engine.tenant()).toMatchObject({ status: { deletionSlot: 0 }, dueAt: engine.now() });
  expect((await engine.tenant()).lease).toBeUndefined();
  await engine.settle("acme", 3);
  expect((await engine.tenant()).status.deletedAt).toBeDefined();
  expect([...slots.held.keys()]).toEqual([]);
});

test.each([false, true])(
  "A decommission whose invocation died with its slot gives it back at the end (namespace gone by then: %s)",
  async (gone) => {
    const { engine, slots } = await onboarded();
    const store = new Proxy(engine.table, {
      get: (table, name) =>
        name !== "write"
          ? Reflect.get(table, name).bind(table)
          : async (write: Parameters<typeof table.write>[0]) => {
              if (write.lease === "hold") throw new Error("The process is gone.");
              return table.write(write);
            },
    });
    await expect(tearDownTenant(engine.command(), { ...engine.ports, store })).rejects.toThrow("gone");
    expect([...slots.held.keys()]).toEqual(["local/deletions/0"]);
    const { status, dueAt = "" } = await engine.tenant();
    expect(status.deletionSlot).toBeUndefined();
    engine.pass(Date.parse(dueAt) - Date.parse(engine.now()) + 1);
    // At the next look the namespace still goes, or is gone.
    if (!gone) engine.cluster.finishDeletes = () => {};
    await engine.settle("acme", 1);
    if (!gone) expect((await engine.tenant()).status.deletionSlot).toBe(0);
    Reflect.deleteProperty(engine.cluster, "finishDeletes");
    await engine.settle();
    expect((await engine.tenant()).status.deletedAt).toBeDefined();
    expect([...slots.held.keys()]).toEqual([]);
  },
);

test("A late process of a decommission that others have finished gives the slot back that it took", async () => {
  const { engine, slots } = await onboarded();
  await tearDownTenant(engine.command({ eager: undefined }), engine.ports);
  const { dueAt = "" } = await engine.tenant();
  // It has read the namespace, and is held up until its lease is long past and the tenant is Deleted.
  let held = false;
  engine.cluster.after = async ({ verb }) => {
    if (held || verb !== "list") return;
    held = true;
    engine.pass(120_000);
    const taken = await engine.tenant();
    await reconcileTenant({ tenantId: "acme", dueAt: taken.dueAt ?? "" }, engine.run(), engine.ports);
    await engine.settle();
  };
  await reconcileTenant({ tenantId: "acme", dueAt }, engine.run(), engine.ports);
  expect((await engine.tenant()).status.deletedAt).toBeDefined();
  expect([...slots.held.keys()].filter((key) => key.includes("deletions"))).toEqual([]);
});
