import { describe, expect, test } from "@jest/globals";
import { WriteConflict } from "../../shared/ports.ts";
import { sweepDue } from "../../shared/usecases/sweep-due.ts";
import { runWithStops } from "./support/crash.ts";
import { acts, type Before, commandOf, deploys, doneAll, type Operation, operations, waves } from "./support/operations.ts";
import { registry } from "./support/registry-acts.ts";
import { clusterAsRecorded } from "./support/invariants/cluster.ts";
import { breaches } from "./support/invariants/index.ts";
import { type Gate, World } from "./support/world.ts";

/** A gate that holds an invocation at a call of that name, the first unless told, until it is let go. */
function heldAt(name: string, nth = 1): { gate: Gate; held: Promise<void>; letGo: () => void } {
  let letGo: () => void = () => {};
  let tell: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let met = 0;
  return {
    held,
    letGo,
    gate: async (call, effect) => {
      if (call === name && ++met === nth) {
        tell();
        await open;
      }
      return effect();
    },
  };
}

describe("What these tests found once stays mended:", () => {
  test("a command that read the record while another reconcile held it, and wrote after that ended, is not forgotten", async () => {
    const world = new World({ slots: 3 });
    await doneAll(world, [acts.onboard]);
    // A rename says no event: its end moves neither generation nor sequence, which a write is conditional on.
    const working = heldAt("slots.acquire");
    const first = world.ports(working.gate);
    const rename = acts.rename(commandOf(world, 2)(first), first);
    await working.held;
    const writing = heldAt("store.write");
    const second = world.ports(writing.gate);
    const upgrade = acts.toPremium(commandOf(world, 3)(second), second);
    await writing.held;
    working.letGo();
    await rename;
    writing.letGo();
    await upgrade;
    await world.settle();
    expect(world.table.tenants.get("acme")).toMatchObject({
      generation: 3,
      status: { observedGeneration: 3 },
      desired: { tier: "premium" },
    });
    expect(breaches(world)).toEqual([]);
  });

  test.each<{ what: string; after: Before[]; there: keyof typeof acts; back: keyof typeof acts; at: string; nth?: number }>([
    { what: "a tier change", after: [], there: "toPremium", back: "toBasic", at: "cluster.apply LimitRange" },
    { what: "a suspension", after: [{ deed: deploys }], there: "suspend", back: "activate", at: "cluster.list Deployment" },
    { what: "an activation", after: [{ deed: deploys }, acts.suspend], there: "activate", back: "suspend", at: "store.write", nth: 2 },
  ])("$what that died half-way and is then taken back leaves nothing of itself in the cluster", async ({ after, there, back, at, nth }) => {
    const world = new World();
    await doneAll(world, [acts.onboard, ...after]);
    const dead = heldAt(at, nth); // Never let go.
    const gone = world.ports(dead.gate);
    void acts[there](commandOf(world, 8)(gone), gone);
    await dead.held;
    world.pass(60_000);
    const ports = world.ports();
    await acts[back](commandOf(world, 9)(ports), ports);
    await world.settle();
    expect(breaches(world)).toEqual([]);
  });

  test.each(["registry.get", "cluster.get Namespace", "cluster.list RoleBinding"])(
    "a decommission held up at %s, until the tenant was onboarded again, deletes nothing of the new one",
    async (call) => {
      const world = new World({ slots: 3 });
      await doneAll(world, [acts.onboard]);
      const late = heldAt(call);
      const ports = world.ports(late.gate);
      const zombie = acts.tearDown(commandOf(world, 2)(ports), ports);
      await late.held;
      world.pass(60_000);
      await world.settle();
      expect(world.table.tenants.get("acme")?.status.deletedAt).toBeDefined();
      await doneAll(world, [{ deed: () => {} }, { deed: () => {} }, acts.onboard]);
      late.letGo();
      await zombie;
      await world.settle();
      world.cluster.finishDeletes();
      expect(world.table.tenants.get("acme")?.desired.state).toBe("Active");
      expect(breaches(world)).toEqual([]);
    },
  );

  test("an onboarding asked for after a decommission that is under way brings the tenant back, with the same data too", async () => {
    const world = new World();
    await doneAll(world, [acts.onboard]);
    const ports = world.ports();
    await acts.tearDown(commandOf(world, 2)(ports), ports);
    world.pass(1_000);
    const again = commandOf(world, 3);
    await expect(acts.onboard(again(ports), ports)).rejects.toMatchObject({ code: "TenantDeleting", retryable: true });
    await world.settle();
    await acts.onboard(again(ports), ports);
    await world.settle();
    expect(world.table.tenants.get("acme")).toMatchObject({ generation: 3, desired: { state: "Active" } });
    expect(breaches(world)).toEqual([]);
  });

  test("a suspension whose write's answer is lost, so that the SDK's repeat of it meets a conflict, is done in the same invocation", async () => {
    const world = new World({ slots: 3 });
    await doneAll(world, [acts.onboard, acts.grant]);
    let isLost = false;
    const ports = world.ports(async (call, effect) => {
      const answer = await effect();
      if (call !== "store.write" || isLost) return answer;
      isLost = true;
      throw new WriteConflict("The record moved.");
    });
    expect(await acts.suspend(commandOf(world, 9)(ports), ports)).toMatchObject({ changed: true, tenant: { lease: undefined } });
    expect(world.cluster.objects().filter(({ kind }) => kind === "RoleBinding")).toEqual([]);
    await world.settle();
    expect(breaches(world)).toEqual([]);
  });

  test("a drift check leaves the binding of a grant that was taken back and given anew while it read", async () => {
    const world = new World({ slots: 3 });
    await doneAll(world, [acts.onboard, acts.grant]);
    const beside = async (number: number, act: keyof typeof acts) => {
      world.pass(1_000);
      const ports = world.ports();
      await acts[act](commandOf(world, number)(ports), ports);
    };
    const met = new Set<string>();
    const first = (call: string, name: string): boolean => call === name && !met.has(name) && met.add(name).size > 0;
    const ports = world.ports(async (call, effect) => {
      if (first(call, "cluster.get RoleBinding")) await beside(12, "grant");
      const answer = await effect();
      if (first(call, "cluster.list RoleBinding")) await beside(11, "revoke");
      return answer;
    });
    await acts.checkDrift(commandOf(world, 20)(ports), ports);
    expect([...met]).toEqual(["cluster.list RoleBinding", "cluster.get RoleBinding"]);
    await world.settle();
    expect(breaches(world)).toEqual([]);
  });

  test("a sweep in which one claim fails still sends what it claimed", async () => {
    const world = new World();
    for (let number = 0; number < 20; number++) {
      const ports = world.ports();
      await acts.onboard(commandOf(world, number, { tenantId: `t-${number}`, eager: undefined })(ports), ports);
    }
    world.queue = [];
    let claims = 0;
    const ports = world.ports((call, effect) => {
      if (call === "index.claim" && ++claims === 5) return Promise.reject(new Error("throttled"));
      return effect();
    });
    await expect(sweepDue(ports, new AbortController().signal)).rejects.toThrow("throttled");
    expect(world.queue).toHaveLength(19);
  });
});

describe("These tests can fail:", () => {
  const onboarding = operations[0] as Operation;

  test("an event that is published but never marked is found", async () => {
    const world = new World();
    world.outbox.remove = async () => {};
    await doneAll(world, [acts.onboard]);
    expect(breaches(world)).toContainEqual(expect.stringContaining("unpublished events"));
  });

  test("a record whose due time is lost on the way is found after a crash", async () => {
    const act: Operation["act"] = async (command, ports) => {
      const write = ports.store.write.bind(ports.store);
      const store = {
        ...bound(ports.store),
        write: (given: Parameters<typeof write>[0]) => write({ ...given, after: { ...given.after, dueAt: undefined } }),
      };
      return onboarding.act(command, { ...ports, store });
    };
    const ran = await runWithStops({ ...onboarding, act }, [{ at: 8, when: "before" }], { stream: false });
    expect(ran.faults).toContainEqual(expect.stringContaining("is at generation 1, and 0 is done"));
  });

  test("a zombie's apply of an older generation gets through where the fence is off, and is found", async () => {
    for (const [fence, found] of [
      [true, []],
      [false, ["LimitRange/tenant-limits is not as generation 3 wants it"]],
    ] as const) {
      const world = new World({ fence, slots: 3 });
      await doneAll(world, [acts.onboard]);
      const late = heldAt("cluster.apply LimitRange");
      const ports = world.ports(late.gate);
      const zombie = acts.toPremium(commandOf(world, 2)(ports), ports);
      await late.held;
      world.pass(60_000);
      const now = world.ports();
      await acts.toBasic(commandOf(world, 3)(now), now);
      await world.settle();
      late.letGo();
      await zombie;
      await world.settle();
      expect(clusterAsRecorded(world)).toEqual(found);
    }
  });
});

describe("The boundary of the fence:", () => {
  test("a first apply that has no uid yet, held up until its tenant was Deleted, makes a namespace that the drift check must find", async () => {
    const world = new World({ slots: 3 });
    const late = heldAt("cluster.apply Namespace");
    const ports = world.ports(late.gate);
    const zombie = acts.onboard(commandOf(world, 1)(ports), ports);
    await late.held;
    world.pass(60_000);
    const now = world.ports();
    await acts.tearDown(commandOf(world, 2)(now), now);
    await world.settle();
    expect(world.table.tenants.get("acme")?.status.deletedAt).toBeDefined();
    late.letGo();
    await zombie;
    expect(breaches(world).filter((breach) => !breach.endsWith("is there, and its tenant is Deleted"))).toEqual([]);
    const there = world.cluster.tenantObjects();
    expect(there.find(({ kind }) => kind === "Namespace")?.metadata).toMatchObject({
      name: "tenant-acme",
      labels: { "tenant-id": "acme" },
      annotations: { "tenantry.dev/generation": "1" },
    });
  });

  test("an apply held up since before a wave, of the generation that still stands, is undone by the drift check", async () => {
    const world = new World({ slots: 3 });
    await doneAll(world, [acts.onboard]);
    const late = heldAt("cluster.apply RoleBinding");
    const ports = world.ports(late.gate);
    const zombie = acts.grant(commandOf(world, 2)(ports), ports);
    await late.held;
    world.pass(60_000);
    await world.settle();
    await doneAll(world, [{ deed: waves }, { deed: () => {} }, registry.renamePeople]);
    expect(breaches(world)).toEqual([]);
    late.letGo();
    await zombie;
    const binding = "RoleBinding/user-anna@example.com-tenant-viewer";
    expect(breaches(world)).toEqual([`${binding} is not as generation 2 wants it`]);
    await doneAll(world, [{ deed: () => {} }, { deed: () => {} }, { deed: () => {} }, acts.checkDrift]);
    expect(breaches(world)).toEqual([]);
  });

  test("once its uid is recorded, no late apply makes the namespace again", async () => {
    const world = new World({ fence: false, slots: 3 });
    await doneAll(world, [acts.onboard]);
    const late = heldAt("cluster.apply Namespace");
    const ports = world.ports(late.gate);
    const zombie = acts.toPremium(commandOf(world, 2)(ports), ports);
    await late.held;
    world.pass(60_000);
    const now = world.ports();
    await acts.tearDown(commandOf(world, 3)(now), now);
    await world.settle();
    late.letGo();
    await zombie;
    await world.settle();
    expect(world.cluster.tenantObjects()).toEqual([]);
    expect(breaches(world)).toEqual([]);
  });
});

/** An object's methods, to spread. */
function bound<T extends object>(port: T): T {
  return new Proxy(port, {
    ownKeys: () => ["get", "write", "begin", "release", "findDedupe"],
    getOwnPropertyDescriptor: (target, key) => ({ configurable: true, enumerable: true, value: Reflect.get(target, key) }),
  });
}
