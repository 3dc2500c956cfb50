import { describe, expect, test } from "@jest/globals";
import { ClusterError } from "../../../shared/ports.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { type EnqueuePorts, enqueueDriftChecks } from "../../../shared/usecases/enqueue-drift-checks.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { requestDriftCheck } from "../../../shared/usecases/request-drift-check.ts";
import { type RunCheckPorts, runDriftCheck } from "../../../shared/usecases/run-drift-check.ts";
import { aCluster } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import { MemoryDriftChecks, MemoryDriftQueue } from "../../support/memory-drift-checks.ts";

const never = new AbortController().signal;
const HOUR = 3_600_000;
const FUNCTION_MS = 60_000;

async function aFleet(tenants: number) {
  const engine = anEngine();
  const checks = new MemoryDriftChecks();
  const queue = new MemoryDriftQueue();
  const common = { checks, driftIntervalMs: HOUR, clock: engine.ports.clock };
  const ports: RunCheckPorts = { ...engine.ports, ...common, tenants: engine.table, driftQueue: queue };
  const schedule: EnqueuePorts = { ...common, registry: engine.registry, queue };
  const requests = { ...schedule, registry: engine.registry, dedupes: { findDedupe }, dedupeDays: 30, log: engine.ports.log };
  async function findDedupe(key: string) {
    return checks.dedupes.get(key) as never;
  }
  for (let n = 0; n < tenants; n++) {
    const tenantId = `t${String(n).padStart(4, "0")}`;
    await onboardTenant(engine.command({ tenantId }), { name: tenantId, tier: "basic" }, ports);
  }
  const read = async () => {
    const check = await checks.get("local");
    if (check === undefined) throw new Error("No check is recorded.");
    return check;
  };
  /** An invocation for the message that was sent last, unless it is lost; with `enough` aborted it does one batch. */
  const invoke = async (enough: AbortSignal = never): Promise<void> => {
    const message = queue.sent.at(-1);
    if (message === undefined) throw new Error("No message was sent.");
    const until = new Date(Date.parse(engine.now()) + FUNCTION_MS).toISOString();
    await runDriftCheck(message, ports, { enough, signal: never, until });
  };
  return { ...engine, ports, schedule, requests, checks, queue, read, invoke, tick: () => enqueueDriftChecks(schedule) };
}
const oneBatch = AbortSignal.abort();

describe("The schedule", () => {
  test("asks for a check once it is due, an interval after the registration and then after each check's end", async () => {
    const fleet = await aFleet(1);
    expect(await fleet.tick()).toEqual({ clusters: 1, due: 0, oldestAgeSeconds: 0 });
    fleet.pass(HOUR);
    expect(await fleet.tick()).toMatchObject({ due: 1, oldestAgeSeconds: 3_600 });
    expect(await fleet.tick()).toMatchObject({ due: 0 });
    fleet.pass(10_000);
    await fleet.invoke();
    expect((await fleet.read()).last).toMatchObject({ outcome: "Complete", counts: { judged: 1 }, finishedAt: fleet.now() });
    fleet.pass(HOUR - 1);
    expect(await fleet.tick()).toMatchObject({ due: 0 });
    fleet.pass(1);
    expect(await fleet.tick()).toMatchObject({ due: 1 });
  });

  test("leaves a paused cluster in peace, its age too, and goes on with its check when it is resumed", async () => {
    const fleet = await aFleet(150);
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke(oneBatch);
    fleet.registry.set(aCluster({ paused: true }));
    fleet.pass(10 * HOUR);
    expect(await fleet.tick()).toEqual({ clusters: 0, due: 0, oldestAgeSeconds: 0 });
    fleet.registry.set(aCluster());
    expect(await fleet.tick()).toMatchObject({ due: 1, oldestAgeSeconds: 39_600 });
    await fleet.invoke();
    expect((await fleet.read()).last).toMatchObject({ outcome: "Complete", counts: { namespaces: 150 } });
  });

  test("knows nothing of a cluster of the same name that was there before", async () => {
    const fleet = await aFleet(1);
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke();
    fleet.pass(5 * HOUR);
    fleet.registry.set(aCluster({ createdAt: fleet.now() }));
    expect(await fleet.tick()).toEqual({ clusters: 1, due: 0, oldestAgeSeconds: 0 });
  });
});

describe("A check that takes more than one invocation", () => {
  test("goes on by its own message where it stopped, and counts each namespace once", async () => {
    const fleet = await aFleet(230);
    fleet.pass(HOUR);
    await fleet.tick();
    let invocations = 0;
    while ((await fleet.checks.get("local"))?.last === undefined && invocations < 10) {
      await fleet.invoke(oneBatch);
      invocations += 1;
      fleet.pass(1_000);
    }
    expect(invocations).toBe(4); // Three batches, and the end.
    expect((await fleet.read()).last).toMatchObject({ outcome: "Complete", counts: { namespaces: 230, judged: 230 } });
  });

  test("and whose message is lost goes on all the same, where it stopped, when its due time comes", async () => {
    const fleet = await aFleet(150);
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke(oneBatch);
    const { run } = await fleet.read();
    expect(run).toMatchObject({ tries: 0, progress: { counts: { namespaces: 100 } } });
    fleet.queue.sent.length = 0; // Lost: by a queue that is purged, or a recursion that Lambda stops.
    expect(await fleet.tick()).toMatchObject({ due: 0 });
    fleet.pass(60_000);
    expect(await fleet.tick()).toMatchObject({ due: 1 });
    await fleet.invoke();
    expect((await fleet.read()).last).toMatchObject({ startedAt: run?.startedAt, counts: { namespaces: 150 } });
  });

  test("is gone through by one of two messages", async () => {
    const fleet = await aFleet(1);
    fleet.pass(HOUR);
    await fleet.tick();
    const lists = (): number => fleet.cluster.calls.filter(({ verb }) => verb === "list").length;
    await Promise.all([fleet.invoke(), fleet.invoke()]);
    const once = lists();
    await fleet.invoke();
    expect(lists()).toBe(once);
    expect((await fleet.read()).last?.counts.judged).toBe(1);
  });

  test("keeps what is recorded of it small, however many namespaces are unknown", async () => {
    const fleet = await aFleet(150);
    fleet.ports.platform = { ...fleet.ports.platform, drift: { ...fleet.ports.platform.drift, removeUnknownAtMost: 500 } };
    for (const tenantId of [...fleet.table.tenants.keys()].slice(0, 149)) fleet.table.tenants.delete(tenantId);
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke(oneBatch);
    expect((await fleet.read()).run?.progress?.unknown).toHaveLength(100);
    expect(Buffer.byteLength(JSON.stringify(await fleet.read()))).toBeLessThan(20_000);
  });
});

describe("An invocation that does not come forward", () => {
  test("as it died, is followed by another once its time is past, which takes up less at once", async () => {
    const fleet = await aFleet(120);
    fleet.pass(HOUR);
    await fleet.tick();
    const sizes: number[] = [];
    const getMany = fleet.table.getMany.bind(fleet.table);
    fleet.table.getMany = async (ids: string[]): Promise<Map<string, Tenant>> => {
      sizes.push(ids.length);
      if (ids.length > 10) await new Promise(() => {}); // The platform kills the process.
      return getMany(ids);
    };
    for (let invocation = 0; invocation < 3; invocation++) {
      void fleet.invoke(oneBatch);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await fleet.tick()).toMatchObject({ due: 0 });
      fleet.pass(FUNCTION_MS);
      expect(await fleet.tick()).toMatchObject({ due: 1 });
    }
    expect(sizes).toEqual([100, 25, 6]);
    expect((await fleet.read()).run).toMatchObject({ tries: 0, progress: { counts: { namespaces: 6 } } });
  });

  test("as the cluster does not answer, is tried again after growing pauses, and the check has failed after five", async () => {
    const fleet = await aFleet(1);
    fleet.cluster.before = ({ verb }) => {
      if (verb === "list") throw new ClusterError(undefined, "Unreachable", "no route to the API server");
    };
    fleet.pass(HOUR);
    await fleet.tick();
    const pauses: number[] = [];
    for (let invocation = 0; invocation < 4; invocation++) {
      await fleet.invoke();
      const { dueAt, run } = await fleet.read();
      expect(run?.reason).toContain("no route");
      pauses.push((Date.parse(dueAt) - Date.parse(fleet.now())) / 1_000);
      fleet.pass((pauses.at(-1) ?? 0) * 1_000);
      expect(await fleet.tick()).toMatchObject({ due: 1 });
    }
    expect(pauses).toEqual([30, 60, 120, 240]);
    await fleet.invoke();
    const { last, run, dueAt } = await fleet.read();
    expect({ last, run }).toMatchObject({ last: { outcome: "Failed", reason: expect.stringContaining("no route") }, run: undefined });
    expect(Date.parse(dueAt) - Date.parse(fleet.now())).toBe(HOUR);
    expect(fleet.warnings).toContain("A check for drift failed.");
  });

  test("and ends without a word again and again, fails the check, too", async () => {
    const fleet = await aFleet(1);
    fleet.pass(HOUR);
    await fleet.tick();
    fleet.cluster.before = async ({ verb }) => {
      if (verb === "list") await new Promise(() => {});
    };
    for (let invocation = 0; invocation < 6; invocation++) {
      void fleet.invoke();
      await new Promise((resolve) => setTimeout(resolve, 20));
      fleet.pass(FUNCTION_MS);
      await fleet.tick();
    }
    expect((await fleet.read()).last).toMatchObject({ outcome: "Failed", reason: expect.stringContaining("ended again and again") });
  });
});

describe("How long a cluster has not been compared", () => {
  test("grows while its checks fail, or leave a tenant out, and ends with one that compared them all", async () => {
    const fleet = await aFleet(2);
    const age = async (): Promise<number> => (await fleet.tick()).oldestAgeSeconds;
    fleet.pass(HOUR);
    expect(await age()).toBe(3_600);
    await fleet.cluster.delete(
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-t0000" },
      {},
      never,
    );
    fleet.cluster.before = ({ verb }) => {
      if (verb === "get") throw new ClusterError(500, "InternalError", "etcd");
    };
    await fleet.invoke();
    expect((await fleet.read()).last).toMatchObject({ outcome: "Incomplete", failures: [{ namespace: "tenant-t0000" }] });
    fleet.pass(HOUR);
    expect(await age()).toBe(7_200);
    fleet.cluster.before = undefined;
    await fleet.invoke();
    expect((await fleet.read()).last?.outcome).toBe("Complete");
    expect(await age()).toBe(0);
  });
});

describe("A check that is asked for", () => {
  test("begins at once, and its result is told by when it began", async () => {
    const fleet = await aFleet(1);
    await requestDriftCheck("local", fleet.requests);
    const { requestedAt } = await fleet.read();
    fleet.pass(500);
    await fleet.invoke();
    const { last, requestedAt: still } = await fleet.read();
    expect(still).toBeUndefined();
    expect(String(last?.startedAt) >= String(requestedAt)).toBe(true);
  });

  test("begins within two minutes where its message is lost", async () => {
    const fleet = await aFleet(1);
    const lost = { ...fleet.requests, queue: { send: async () => Promise.reject(new Error("the queue is away")) } };
    await requestDriftCheck("local", lost);
    expect(fleet.warnings).toContain("A check could not be enqueued; the schedule does it within two minutes.");
    fleet.pass(60_000);
    expect(await fleet.tick()).toMatchObject({ due: 1 });
    await fleet.invoke();
    expect((await fleet.read()).last?.outcome).toBe("Complete");
  });

  test("while one is under way, begins after it", async () => {
    const fleet = await aFleet(150);
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke(oneBatch);
    fleet.pass(1_000);
    await requestDriftCheck("local", fleet.requests);
    await fleet.invoke();
    expect(await fleet.read()).toMatchObject({ requestedAt: fleet.now(), last: { counts: { namespaces: 150 } } });
    expect(await fleet.tick()).toMatchObject({ due: 1 });
    await fleet.invoke();
    const { requestedAt, last } = await fleet.read();
    expect([requestedAt, last?.startedAt]).toEqual([undefined, fleet.now()]);
  });

  test("under one idempotency key is one check, and is none of a cluster that is not registered", async () => {
    const fleet = await aFleet(1);
    const key = { id: "ops#1", hash: "h" };
    for (let times = 0; times < 3; times++)
      expect((await requestDriftCheck("local", fleet.requests, key)).check.requestedAt).toBe(fleet.now());
    expect(fleet.queue.sent).toHaveLength(1);
    await expect(requestDriftCheck("nowhere", fleet.requests)).rejects.toMatchObject({ code: "ClusterNotFound" });
  });

  test("follows by itself a minute after one that could not take up all that was amiss", async () => {
    const fleet = await aFleet(1);
    const platform = { ...fleet.ports.platform, drift: { ...fleet.ports.platform.drift, removeForeign: true } };
    fleet.ports.platform = platform;
    const rbac = "rbac.authorization.k8s.io/v1";
    for (let n = 0; n < 60; n++)
      fleet.cluster.put({ apiVersion: rbac, kind: "RoleBinding", metadata: { namespace: "tenant-t0000", name: `friend-${n}` } });
    fleet.pass(HOUR);
    await fleet.tick();
    await fleet.invoke();
    const { last, dueAt } = await fleet.read();
    expect(last).toMatchObject({ outcome: "Incomplete", counts: { drifted: 1, more: 1 } });
    expect(Date.parse(dueAt) - Date.parse(fleet.now())).toBe(60_000);
  });
});
