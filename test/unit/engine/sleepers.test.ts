import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { ClusterError } from "../../../shared/ports.ts";
import { startRun } from "../../../shared/reconcile/run.ts";
import { activateTenant } from "../../../shared/usecases/activate-tenant.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { anEngine } from "../../support/engine.ts";
import { sizeOfItem } from "../../support/table-limits.ts";

const never = new AbortController().signal;
const namespace = "tenant-acme";
const deployment = (name: string, replicas: number): KubernetesObject =>
  ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec: { replicas } }) as KubernetesObject;
type Scaled = KubernetesObject & { spec: { replicas: number } };

/** A tenant with so many Deployments, each with replicas of its own. */
async function withWorkloads(count: number) {
  const engine = anEngine();
  await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
  engine.pass(1_000);
  for (let n = 0; n < count; n++) engine.cluster.put(deployment(`web-${String(n).padStart(4, "0")}`, 1 + (n % 7)));
  const replicas = () =>
    engine.cluster
      .objects()
      .filter(({ kind }) => kind === "Deployment")
      .map((object) => (object as Scaled).spec.replicas);
  const suspend = () => suspendTenant(engine.command({ eager: engine.run() }), engine.ports);
  const activate = () => activateTenant(engine.command({ eager: engine.run() }), engine.ports);
  /** The cluster fails every patch from that one on. */
  const failFrom = (patch: number) => {
    let patches = 0;
    engine.cluster.before = ({ verb }) => {
      if (verb === "patch" && ++patches >= patch) throw new ClusterError(500, "InternalError", "etcd has no leader");
    };
  };
  const mend = () => {
    engine.cluster.before = undefined;
  };
  return { engine, replicas, suspend, activate, failFrom, mend };
}

describe("A tenant with thousands of workloads", () => {
  test("sleeps and wakes but for one that the cluster refuses to change, and that one follows once it may be changed", async () => {
    const { engine, replicas, suspend, activate, mend } = await withWorkloads(1_300);
    const awake = replicas();
    const refuse = (name: string) => {
      engine.cluster.before = ({ verb, ref }) => {
        if (verb === "patch" && ref?.name === name) throw new ClusterError(403, "Forbidden", "a policy denies it");
      };
    };
    refuse("web-0001");
    await suspend();
    expect(replicas().filter((count) => count > 0)).toHaveLength(1);
    expect((await engine.tenant()).status.failure).toMatchObject({ reason: "Forbidden" });
    mend();
    await engine.settle();
    expect(replicas().filter((count) => count > 0)).toEqual([]);
    refuse("web-0002");
    await activate();
    expect(replicas().filter((count) => count === 0)).toHaveLength(1);
    mend();
    await engine.settle();
    expect(replicas()).toEqual(awake);
    expect(engine.table.sleepers.size).toBe(0);
  }, 60_000);

  test("sleeps and wakes whole, and its record stays small", async () => {
    const { engine, replicas, suspend, activate } = await withWorkloads(2_300);
    const awake = replicas();
    await suspend();
    expect(new Set(replicas())).toEqual(new Set([0]));
    const tenant = await engine.tenant();
    expect(tenant.status.sleepers).toBe(2_300);
    expect(sizeOfItem({ ...tenant })).toBeLessThan(10_000);
    expect(engine.table.events.at(-1)?.detail.data).toMatchObject({ workloads: 2_300 });
    engine.pass(1_000);
    await activate();
    expect(replicas()).toEqual(awake);
    expect(engine.table.sleepers.size).toBe(0);
  }, 60_000);

  test("reads and puts to sleep a page at a time", async () => {
    const { engine, suspend } = await withWorkloads(1_200);
    const order: string[] = [];
    engine.cluster.before = ({ verb, ref }) => {
      if (ref?.kind === "Deployment") order.push(verb);
    };
    await suspend();
    const runs = order
      .join(" ")
      .match(/(list|(patch ?)+)/g)
      ?.map((run) => run.trim().split(" ").length);
    expect(runs).toEqual([1, 500, 1, 500, 1, 200]);
  }, 60_000);

  test("is listed in smaller pages where one answer cannot hold its objects", async () => {
    const { engine, replicas, suspend } = await withWorkloads(60);
    const list = engine.cluster.list.bind(engine.cluster);
    engine.cluster.list = (query, signal) => {
      if (query.kind === "Deployment" && (query.limit ?? 500) > 5)
        throw new ClusterError(undefined, "ResponseTooLarge", "the answer has more than 32 MiB");
      return list(query, signal);
    };
    await suspend();
    expect(new Set(replicas())).toEqual(new Set([0]));
  });
});

describe("What is put to sleep", () => {
  test("is kept before it sleeps, each with the replicas that it had", async () => {
    const { engine, suspend } = await withWorkloads(120);
    const late: string[] = [];
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "patch" && !engine.table.sleepers.has(`acme#Deployment#${ref?.name}`)) late.push(ref?.name ?? "");
    };
    await suspend();
    expect(late).toEqual([]);
  });

  test("goes on where a failure broke it off, and wakes as it was", async () => {
    const { engine, replicas, suspend, activate, failFrom, mend } = await withWorkloads(120);
    const awake = replicas();
    failFrom(50);
    await suspend();
    expect(replicas().filter((count) => count === 0)).toHaveLength(49);
    mend();
    await engine.settle();
    expect(new Set(replicas())).toEqual(new Set([0]));
    expect((await engine.tenant()).status.sleepers).toBe(120);
    engine.pass(1_000);
    await activate();
    expect(replicas()).toEqual(awake);
  });

  test("wakes as it was also where waking broke off, was taken back, and began again", async () => {
    const { engine, replicas, suspend, activate, failFrom, mend } = await withWorkloads(120);
    const awake = replicas();
    await suspend();
    engine.pass(1_000);
    failFrom(50);
    await activate();
    mend();
    engine.pass(1_000);
    await suspend();
    await engine.settle();
    expect(new Set(replicas())).toEqual(new Set([0]));
    engine.pass(1_000);
    await activate();
    await engine.settle();
    expect(replicas()).toEqual(awake);
    expect(engine.table.sleepers.size).toBe(0);
    expect((await engine.tenant()).status.sleepers).toBeUndefined();
  });

  test("is everything that came since the tenant slept without any workload", async () => {
    const { engine, replicas, suspend, activate } = await withWorkloads(0);
    for (const step of [suspend, activate]) {
      await step();
      engine.pass(1_000);
    }
    engine.cluster.put(deployment("web-0000", 3));
    await suspend();
    expect(replicas()).toEqual([0]);
  });

  test("goes on in the next invocation where the time of one is up", async () => {
    const { engine, replicas } = await withWorkloads(120);
    const abort = new AbortController();
    let patches = 0;
    engine.cluster.before = ({ verb }) => {
      if (verb === "patch" && ++patches === 60) abort.abort("the time is up");
    };
    const run = startRun({ owner: "short", now: engine.ports.clock.now(), remainingMs: 29_000, requestTimeoutMs: 5_000 });
    await suspendTenant(engine.command({ eager: { ...run, signal: abort.signal } }), engine.ports);
    expect(replicas().filter((count) => count === 0).length).toBeLessThan(120);
    await engine.settle();
    expect(new Set(replicas())).toEqual(new Set([0]));
    expect((await engine.tenant()).status.failure).toBeUndefined();
  });

  test("is the object that stands now, where the tenant's own was replaced while it slept and is put to sleep itself", async () => {
    const { engine, replicas, suspend, activate } = await withWorkloads(1);
    await suspend();
    await engine.cluster.delete({ apiVersion: "apps/v1", kind: "Deployment", name: "web-0000", namespace }, {}, never);
    engine.cluster.put(deployment("web-0000", 5));
    engine.cluster.put(deployment("idle", 0));
    engine.pass(1_000);
    await activate();
    expect(replicas()).toEqual([0, 5]);
    engine.pass(1_000);
    await suspend();
    engine.pass(1_000);
    await activate();
    expect(replicas()).toEqual([0, 5]);
  });

  test("keeps the count with which it fell asleep, whatever it is woken to meanwhile", async () => {
    const { engine, replicas, suspend, activate } = await withWorkloads(1);
    await suspend();
    engine.cluster.put(deployment("web-0000", 99));
    for (const tier of ["premium", "standard"]) {
      engine.pass(1_000);
      await changeTenant(engine.command({ eager: undefined }), { tier }, engine.ports);
    }
    await engine.settle();
    expect(replicas()).toEqual([0]);
    engine.pass(1_000);
    await activate();
    expect(replicas()).toEqual([1]);
  });

  test.each([
    ["with its namespace", {}],
    ["with a cluster that is forgotten", { forgetCluster: true }],
  ])("is forgotten %s", async (_how, ways) => {
    const { engine, suspend } = await withWorkloads(120);
    await suspend();
    expect(engine.table.sleepers.size).toBe(120);
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports, ways);
    await engine.settle();
    expect((await engine.tenant()).status.deletedAt).toBeDefined();
    expect(engine.table.sleepers.size).toBe(0);
  });
});
