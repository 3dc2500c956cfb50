import { randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { Platform } from "../../shared/domain/platform.ts";
import type { ClusterApi, ClusterSlots, ReconcileMessage } from "../../shared/ports.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { startRun } from "../../shared/reconcile/run.ts";
import { onboardTenant } from "../../shared/usecases/onboard-tenant.ts";
import { reconcileTenant } from "../../shared/usecases/reconcile-tenant.ts";
import type { Command } from "../../shared/usecases/record-intent.ts";
import { tearDownTenant } from "../../shared/usecases/tear-down-tenant.ts";
import { aCause, aCluster } from "../../test/support/builders.ts";
import { MemoryRegistry, MemorySlots, MemoryTable } from "../../test/support/memory-table.ts";

/** A function's time, as the reconcile function has it, milliseconds. */
const FUNCTION_MS = 60_000;

/** The heart on a table in memory and a real cluster; what its queue is sent is worked on after its delay, as many at once as functions may be. */
export function engine(api: ClusterApi, platform: Platform) {
  const table = new MemoryTable();
  const slots = counting(new MemorySlots());
  const work = pLimit(platform.cluster.concurrency);
  const warnings: string[] = [];
  const run = () =>
    startRun({ owner: randomUUIDv7(), now: new Date(), remainingMs: FUNCTION_MS, requestTimeoutMs: platform.cluster.requestTimeoutMs });
  const later = async (message: ReconcileMessage, delayMs: number): Promise<void> => {
    await sleep(delayMs);
    await work(() => reconcileTenant(message, run(), ports)).catch((error: unknown) => warnings.push(String(error)));
  };
  const ports: ReconcilePorts = {
    store: table,
    registry: new MemoryRegistry([aCluster({ name: "bench" })]),
    clusters: { connect: () => api },
    slots,
    queue: {
      send: async (messages, { delaySeconds = 0 } = {}) => {
        for (const message of messages) void later(message, delaySeconds * 1_000);
      },
    },
    clock: { now: () => new Date() },
    newId: randomUUIDv7,
    random: Math.random,
    log: { info: () => {}, warn: (message) => void warnings.push(message), error: (message) => void warnings.push(message) },
    platform,
    installation: "bench",
  };
  const command = (tenantId: string): Command => ({ tenantId, cause: aCause(), occurredAt: new Date().toISOString(), eager: run() });
  return {
    table,
    slots,
    warnings,
    onboard: (tenantId: string) => work(() => onboardTenant(command(tenantId), { name: tenantId, tier: "basic" }, ports)),
    tearDown: (tenantId: string) => work(() => tearDownTenant(command(tenantId), ports)),
  };
}

/** Slots that remember the most that were held at once of those for deletions. */
function counting(slots: MemorySlots): ClusterSlots & { most(): number } {
  let most = 0;
  return {
    async acquire(pool, owner, until, now) {
      const slot = await slots.acquire(pool, owner, until, now);
      most = Math.max(most, [...slots.held.keys()].filter((key) => key.startsWith("bench/deletions/")).length);
      return slot;
    },
    release: (pool, slot, owner) => slots.release(pool, slot, owner),
    most: () => most,
  };
}
