import { describe, expect, test } from "@jest/globals";
import { refOf } from "../../../shared/adapters/kubernetes/client.ts";
import type { Platform } from "../../../shared/domain/platform.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { readRevisions, resumeRevisions } from "../../../shared/usecases/read-revisions.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { reviseTenants } from "../../../shared/usecases/revise-tenants.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { aCluster, platform } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import { memoryRevisionIndex, MemoryRevisionLog } from "../../support/memory-revisions.ts";

/** An engine with tenants that stand, and a config that may be edited. */
async function aPlatformWith(tenants: number, revisions: Partial<Platform["revisions"]> = {}) {
  const engine = anEngine();
  const index = memoryRevisionIndex(engine.table);
  const log = new MemoryRevisionLog(engine.registry);
  const base = { ...engine.ports, platform: { ...platform, revisions: { ...platform.revisions, ...revisions } } };
  const stand = { ports: base };
  const ids = Array.from({ length: tenants }, (_, i) => `tenant${"x".repeat(i % 2)}-${String(i).padStart(3, "0")}`);
  for (const tenantId of ids) await onboardTenant(engine.command({ tenantId }), { name: tenantId, tier: "basic" }, stand.ports);
  const revise = () => ({
    index,
    log,
    store: engine.table,
    queue: engine.queue,
    clock: engine.ports.clock,
    platform: stand.ports.platform,
  });
  const read = () => ({ index, log, dedupes: engine.table, dedupeDays: 30, clock: engine.ports.clock, platform: stand.ports.platform });
  return {
    ...engine,
    index,
    log,
    ids,
    /** Edits what shapes the manifests. */
    edit(interval = "30s") {
      const { platform: before } = stand.ports;
      stand.ports = { ...stand.ports, platform: { ...before, monitoring: { ...before.monitoring, interval } } };
    },
    tick: () => reviseTenants(revise(), new AbortController().signal),
    view: () => readRevisions(read()),
    resume: () => resumeRevisions(read()),
    /** Works off what is due, as the bulk queue's workers would, and lets a minute pass. */
    async work() {
      for (const tenant of [...engine.table.tenants.values()]) {
        if (tenant.dueAt !== undefined && tenant.dueAt <= engine.now())
          await reconcileTenant({ tenantId: tenant.tenantId, dueAt: tenant.dueAt }, engine.run(), stand.ports);
      }
      engine.pass(60_000);
    },
    ports: () => stand.ports,
  };
}

describe("A wave of revisions", () => {
  test("finds nothing to do where all are at the revision, and then costs one read a minute", async () => {
    const { tick, log, index } = await aPlatformWith(5);
    expect(await tick()).toEqual({ status: "done", asked: 0 });
    const before = { reads: log.reads, pages: index.pages };
    for (let i = 0; i < 3; i++) expect(await tick()).toEqual({ status: "done", asked: 0 });
    expect({ reads: log.reads, pages: index.pages }).toEqual({ reads: before.reads + 3, pages: before.pages });
  });

  test("leaves the tombstone of a tenant as it is that went after it was listed", async () => {
    const { ids, index, tick, edit, work, settle, ...world } = await aPlatformWith(1);
    const [tenantId = ""] = ids;
    edit();
    const page = index.page.bind(index);
    index.page = async (...of) => {
      const listed = await page(...of);
      world.pass(1_000);
      await tearDownTenant(world.command({ tenantId }), world.ports());
      await settle(tenantId);
      return listed;
    };
    const before = await world.tenant(tenantId);
    await tick();
    index.page = page;
    await work();
    const { status, dueAt } = await world.tenant(tenantId);
    expect(dueAt).toBeUndefined();
    expect(status.proof).toMatchObject({ namespaceUid: before.status.namespaceUid });
  });

  test("that finds a namespace lost has it made again with all that was in it, people's bindings too", async () => {
    const { ids, tick, edit, work, settle, cluster, command, ports } = await aPlatformWith(1);
    const [tenantId = ""] = ids;
    await grantAccess(command({ tenantId }), { userId: "anna@example.com", role: "tenant-viewer" }, undefined, ports());
    const objects = () => cluster.objects().map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
    const before = objects();
    for (const object of cluster.objects()) cluster.remove(refOf(object));
    edit();
    await tick();
    await work();
    await settle(tenantId);
    expect(objects()).toEqual(before);
  });

  test("brings all tenants to an edited config, so many a minute, and leaves their generation", async () => {
    const world = await aPlatformWith(10, { tenantsPerMinute: 4 });
    await world.tick();
    world.edit();
    expect(await world.view()).toMatchObject({ status: "pending", tenants: { waiting: 10, current: 0 } });
    const asked: number[] = [];
    for (let minute = 0; minute < 6; minute++) {
      asked.push((await world.tick()).asked);
      expect(world.queue.sent.length).toBe(asked.reduce((a, b) => a + b, 0));
      await world.work();
    }
    expect(asked).toEqual([4, 4, 2, 0, 0, 0]);
    expect(await world.view()).toMatchObject({ status: "done", tenants: { current: 10, waiting: 0, asked: 10, askedFailed: 0 } });
    for (const id of world.ids) expect(await world.tenant(id)).toMatchObject({ generation: 1, status: { observedGeneration: 1 } });
    const monitors = world.objects().filter((key) => key === "ServiceMonitor/tenant-monitor");
    expect(monitors).toHaveLength(20);
  });

  test("applies only what the edit changed, and says nothing", async () => {
    const world = await aPlatformWith(1);
    await world.tick();
    const [objects, said] = [world.objects().length, world.said().length];
    world.edit();
    await world.tick();
    await world.work();
    expect(world.objects().slice(objects)).toEqual(["ServiceMonitor/tenant-monitor"]);
    expect(world.said()).toHaveLength(said);
  });

  test("stops once more of those made due fail than may; resumed, it goes on over them", async () => {
    const world = await aPlatformWith(12, { tenantsPerMinute: 4, failureShare: 0.25 });
    await world.tick();
    world.edit();
    await world.tick();
    const apply = world.cluster.apply.bind(world.cluster);
    let failing = true;
    world.cluster.apply = async (object, signal) => {
      if (failing && object.kind === "ServiceMonitor") throw new ClusterError(500, "InternalError", "broken");
      return apply(object, signal);
    };
    await world.work();
    expect(await world.tick()).toEqual({ status: "stopped", asked: 0 });
    expect(await world.tick()).toEqual({ status: "stopped", asked: 0 });
    expect(await world.view()).toMatchObject({
      status: "stopped",
      reason: expect.stringContaining("4 of 4"),
      tenants: { waiting: 8, askedFailed: 4 },
    });
    failing = false;
    expect(await world.resume()).toMatchObject({ status: "running" });
    for (let minute = 0; minute < 8; minute++) {
      await world.tick();
      await world.work();
    }
    expect(await world.view()).toMatchObject({ status: "done", tenants: { current: 12 } });
  });

  test("is not stopped by tenants that failed before it, and is done without them", async () => {
    const world = await aPlatformWith(4, { failureShare: 0 });
    await world.tick();
    const [first = ""] = world.ids;
    const tenant = await world.tenant(first);
    const failure = { reason: "X", message: "x", count: 9, since: world.now(), blocked: true };
    world.table.tenants.set(first, { ...tenant, status: { ...tenant.status, failure } });
    world.edit();
    for (let minute = 0; minute < 3; minute++) {
      await world.tick();
      await world.work();
    }
    expect(await world.view()).toMatchObject({ status: "done", tenants: { current: 3, failed: 1, asked: 3 } });
  });

  test("waits for a person where waves do not begin by themselves", async () => {
    const world = await aPlatformWith(3, { automatic: false });
    expect(await world.tick()).toMatchObject({ status: "stopped", asked: 0 });
    world.edit();
    expect(await world.tick()).toMatchObject({ status: "stopped", asked: 0 });
    expect(await world.view()).toMatchObject({ status: "stopped", reason: expect.stringContaining("waits"), tenants: { waiting: 3 } });
    await world.resume();
    expect(await world.tick()).toEqual({ status: "running", asked: 3 });
  });

  test("follows what a cluster turns out to serve or enforce, and leaves the tenants of a paused one until it is resumed", async () => {
    const world = await aPlatformWith(3);
    await world.tick();
    const changed = aCluster({ capabilities: { networkPolicy: true, serviceMonitor: true }, paused: true });
    world.registry.clusters.set("local", changed);
    expect(await world.tick()).toEqual({ status: "done", asked: 0 });
    expect(await world.view()).toMatchObject({ tenants: { paused: 3 } });
    world.registry.clusters.set("local", { ...changed, paused: false });
    expect(await world.tick()).toEqual({ status: "running", asked: 3 });
    await world.work();
    expect((await world.tenant(world.ids[0])).status.conditions.find(({ type }) => type === "Isolated")?.status).toBe("True");
  });

  test("makes nobody due who is being worked on, goes, or is gone", async () => {
    const world = await aPlatformWith(3);
    await world.tick();
    const [first = "", second = ""] = world.ids;
    await tearDownTenant({ ...world.command({ tenantId: first }), eager: undefined }, world.ports());
    const leased = await world.tenant(second);
    world.table.tenants.set(second, { ...leased, lease: { owner: "other", until: world.now() } });
    world.edit();
    expect(await world.tick()).toEqual({ status: "running", asked: 1 });
    expect(await world.tenant(second)).not.toHaveProperty("revisionAsked");
  });

  test("makes a tenant due again whose worker still had the config from before", async () => {
    const world = await aPlatformWith(1);
    await world.tick();
    const old = world.ports();
    world.edit();
    await world.tick();
    const [only = ""] = world.ids;
    const { dueAt = "" } = await world.tenant(only);
    await reconcileTenant({ tenantId: only, dueAt }, world.run(), old);
    expect(await world.tick()).toEqual({ status: "running", asked: 0 });
    world.pass(11 * 60_000);
    expect(await world.tick()).toEqual({ status: "running", asked: 1 });
  });

  test("reconciles each tenant once, though two ticks ran at once", async () => {
    const world = await aPlatformWith(6);
    await world.tick();
    world.edit();
    await Promise.all([world.tick(), world.tick()]);
    const ends: unknown[] = [];
    for (const { message } of world.queue.sent) ends.push(await reconcileTenant(message, world.run(), world.ports()));
    expect(ends.filter((end) => end !== undefined)).toHaveLength(6);
    await world.tick();
    expect(await world.view()).toMatchObject({ status: "done", tenants: { current: 6 } });
  });
});
