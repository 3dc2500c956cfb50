import type { Tenant } from "../../shared/domain/tenant.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { type Run, startRun } from "../../shared/reconcile/run.ts";
import type { Command } from "../../shared/usecases/record-intent.ts";
import { reconcileTenant } from "../../shared/usecases/reconcile-tenant.ts";
import { aCause, aCluster, platform } from "./builders.ts";
import { MemoryCluster } from "./memory-cluster.ts";
import { freeSlots, MemoryQueue, MemoryRegistry, MemoryTable } from "./memory-table.ts";

/** The heart on parts in memory, with a clock that the test moves. */
export function anEngine({ clusters = [aCluster()], start = "2030-01-01T00:00:00.000Z" } = {}) {
  let nowMs = Date.parse(start);
  let ids = 0;
  const table = new MemoryTable();
  const cluster = new MemoryCluster({ served: ["monitoring.coreos.com/v1"] });
  const queue = new MemoryQueue();
  const registry = new MemoryRegistry(clusters);
  const warnings: string[] = [];
  const ports: ReconcilePorts = {
    store: table,
    registry,
    clusters: { connect: () => cluster },
    slots: freeSlots,
    queue,
    clock: { now: () => new Date(nowMs) },
    newId: () => `id-${++ids}`,
    random: () => 0.5,
    log: { info: () => {}, warn: (message) => void warnings.push(message), error: (message) => void warnings.push(message) },
    platform,
    installation: "tenantry-test",
  };
  const run = (over: Partial<Run> = {}): Run => ({
    ...startRun({ owner: ports.newId(), now: ports.clock.now(), remainingMs: 29_000, requestTimeoutMs: 5_000 }),
    ...over,
  });
  return {
    ports,
    table,
    cluster,
    queue,
    registry,
    warnings,
    run,
    now: () => new Date(nowMs).toISOString(),
    pass: (ms: number) => {
      nowMs += ms;
    },
    command: (over: Partial<Command> = {}): Command => ({
      tenantId: "acme",
      cause: aCause(),
      occurredAt: new Date(nowMs).toISOString(),
      eager: run(),
      ...over,
    }),
    /** What the sweep and the queue do, until nothing is due any more or `rounds` have passed. */
    async settle(tenantId = "acme", rounds = 20): Promise<void> {
      for (let round = 0; round < rounds; round++) {
        const tenant = await table.get(tenantId);
        if (tenant?.dueAt === undefined) return;
        nowMs = Math.max(nowMs, Date.parse(tenant.dueAt)) + 1;
        cluster.finishDeletes();
        await reconcileTenant({ tenantId, dueAt: tenant.dueAt }, run(), ports);
      }
    },
    async tenant(tenantId = "acme"): Promise<Tenant> {
      const tenant = await table.get(tenantId);
      if (tenant === undefined) throw new Error(`No tenant ${tenantId}`);
      return tenant;
    },
    objects: () => cluster.calls.filter(({ verb }) => verb === "apply").map(({ ref }) => `${ref?.kind}/${ref?.name}`),
    said: () => table.events.map(({ type, sequence }) => `${sequence} ${type}`),
  };
}
