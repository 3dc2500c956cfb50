import { describe, expect, test } from "@jest/globals";
import { busyPauseMs } from "../../../shared/reconcile/busy.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { anEngine } from "../../support/engine.ts";
import { MemorySlots, noSlots } from "../../support/memory-table.ts";

const acme = { name: "Acme", tier: "basic" };

/** A tenant that waits for the queue. */
async function aWaitingTenant() {
  const engine = anEngine();
  await onboardTenant(engine.command({ eager: undefined }), acme, engine.ports);
  engine.queue.sent.length = 0;
  return engine;
}

describe("the pause where a cluster has no free slot", () => {
  test("doubles each time in a row, up to a minute, and half of it is random", () => {
    for (const [handBacks, most] of [
      [0, 1_000],
      [1, 2_000],
      [2, 4_000],
      [5, 32_000],
      [6, 60_000],
      [400, 60_000],
    ] as const) {
      expect(busyPauseMs(handBacks, 0)).toBe(most / 2);
      expect(busyPauseMs(handBacks, 0.999)).toBeCloseTo(most, -2);
    }
  });

  test("is longer for each message that comes back, and the lease is free meanwhile", async () => {
    const engine = await aWaitingTenant();
    const ports = { ...engine.ports, slots: noSlots };
    const delays: number[] = [];
    for (let time = 0; time < 4; time++) {
      const message = engine.queue.sent.at(-1)?.message ?? { tenantId: "acme", dueAt: (await engine.tenant()).dueAt as string };
      await reconcileTenant(message, { ...engine.run(), handBacks: message.handBacks }, ports);
      expect((await engine.tenant()).lease).toBeUndefined();
      const sent = engine.queue.sent.at(-1);
      expect(sent?.message.handBacks).toBe(time + 1);
      const { delaySeconds = 0 } = sent ?? {};
      delays.push(delaySeconds);
      engine.pass(delaySeconds * 1_000);
    }
    expect(delays).toEqual([0.75, 1.5, 3, 6]);
  });
});

describe("a table that throttles slots", () => {
  test("leaves no lease behind where none could be taken", async () => {
    const engine = await aWaitingTenant();
    const slots = { ...noSlots, acquire: async () => Promise.reject(new Error("ProvisionedThroughputExceededException")) };
    const { dueAt } = await engine.tenant();
    await reconcileTenant({ tenantId: "acme", dueAt: dueAt as string }, engine.run(), { ...engine.ports, slots });
    const tenant = await engine.tenant();
    expect(tenant.lease).toBeUndefined();
    expect(engine.queue.sent.at(-1)?.message).toEqual({ tenantId: "acme", dueAt: tenant.dueAt, handBacks: 1 });
    expect(engine.warnings).toHaveLength(1);
  });

  test("takes nothing from a round that is done, and its slot is free again at its time", async () => {
    const engine = await aWaitingTenant();
    const slots = new MemorySlots(1);
    const refusing = { acquire: slots.acquire.bind(slots), release: async () => Promise.reject(new Error("throttled")) };
    const { dueAt } = await engine.tenant();
    const run = engine.run();
    await reconcileTenant({ tenantId: "acme", dueAt: dueAt as string }, run, { ...engine.ports, slots: refusing });
    expect(await engine.tenant()).toMatchObject({ status: { observedGeneration: 1 } });
    expect(engine.warnings).toHaveLength(1);
    engine.pass(Date.parse(run.leaseUntil) - Date.parse(engine.now()) + 1);
    expect(await slots.acquire({ name: "local", size: 1 }, "next", "2030-01-01T01:00:00.000Z", engine.now())).toBe(0);
  });
});

test("a function that nobody waits for takes its share of a cluster's slots at the most, and one of few", async () => {
  const sizes: number[] = [];
  const slots = { ...noSlots, acquire: async ({ size }: { size: number }) => void sizes.push(size) };
  for (const [concurrency, slotShare] of [
    [32, undefined],
    [32, 0.75],
    [1, 0.75],
  ] as const) {
    const engine = await aWaitingTenant();
    const { dueAt } = await engine.tenant();
    const platform = { ...engine.ports.platform, cluster: { ...engine.ports.platform.cluster, concurrency } };
    await reconcileTenant({ tenantId: "acme", dueAt: dueAt as string }, engine.run(), { ...engine.ports, slots, slotShare, platform });
  }
  expect(sizes).toEqual([32, 24, 1]);
});
