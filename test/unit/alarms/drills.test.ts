import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { Context, SQSEvent } from "aws-lambda";
import { definePlatform } from "../../../shared/domain/platform.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { acts, commandOf, doneAll } from "../../fault/support/operations.ts";
import { World } from "../../fault/support/world.ts";
import { type Alarm, deployedAlarms, type Measured, type Point, raisedAt } from "../../support/alarms.ts";
import { aCluster, aDirectoryGroup, platform } from "../../support/builders.ts";
import { EmfMetrics } from "../../support/emf.ts";
import { MemoryDirectory } from "../../support/memory-directory.ts";
import { MemoryDriftChecks } from "../../support/memory-drift-checks.ts";
import { MemoryGrantsRounds } from "../../support/memory-grants-rounds.ts";

Object.assign(process.env, {
  TABLE_NAME: "t",
  EVENT_BUS_NAME: "b",
  DRIFT_INTERVAL_MINUTES: "60",
  INSTALLATION: "tenantry-test",
  STAGE: "test",
  AWS_REGION: "eu-central-1",
  ...Object.fromEntries(
    ["RECONCILE_QUEUE_URL", "RECONCILE_BULK_QUEUE_URL", "ACCESS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "DRIFT_QUEUE_URL"].map((name) => [
      name,
      "https://example.invalid/q",
    ]),
  ),
  LOG_LEVEL: "SILENT",
  POWERTOOLS_SERVICE_NAME: "tenantry-test",
  POWERTOOLS_METRICS_NAMESPACE: "Tenantry",
  // By the console that the test hears; without the second, development mode measures nothing.
  POWERTOOLS_DEV: "true",
  POWERTOOLS_METRICS_DISABLED: "false",
});
const sweep = await import("../../../functions/sweep/schedule.ts");
const outbox = await import("../../../functions/outbox/schedule.ts");
const reconcile = await import("../../../functions/reconcile/queue.ts");
const drift = await import("../../../functions/drift/schedule.ts");
const compare = await import("../../../functions/identity/compare.ts");

const MINUTE_MS = 60_000;
const context = { getRemainingTimeInMillis: () => 50_000 } as Context;
const alarms = await deployedAlarms();
const alarmOf = (name: string): Alarm => {
  const alarm = alarms[name];
  if (alarm === undefined) throw new Error(`infra/alarms.cjs makes no ${name}`);
  return alarm;
};

let world: World;
let start: number;
let emf: EmfMetrics;
beforeEach(() => {
  world = new World({ slots: 3 });
  start = world.nowMs;
  emf = new EmfMetrics();
  jest.spyOn(console, "log").mockImplementation((line: unknown) => emf.add(String(line), world.nowMs));
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Minute by minute, what happens in each. */
async function pass(minutes: number, happens: (minute: number) => Promise<unknown>): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await happens(minute);
    world.pass(MINUTE_MS);
  }
}
/** Minutes from the beginning until an alarm is raised. */
function minutesUntil(name: string, measured: Measured = emf.measured): number | undefined {
  const at = raisedAt(alarmOf(name), measured, start, world.nowMs);
  return at === undefined ? undefined : (at - start) / MINUTE_MS;
}
const onboard = async (ports = world.ports()) => acts.onboard(commandOf(world, 1, { eager: undefined })(ports), ports);
/** The sweep's function and the reconcile queue's, once: with what is due now, and what that sends for. */
async function invokeSweep(): Promise<void> {
  await sweep.createHandler({ ...world.ports() })({}, context);
}
async function invokeReconcile(): Promise<void> {
  const messages = world.queue.filter(({ from }) => from <= world.nowMs);
  world.queue = world.queue.filter(({ from }) => from > world.nowMs);
  const Records = messages.map(({ message }, index) => ({
    messageId: String(index),
    body: JSON.stringify(message),
    eventSource: "aws:sqs",
  }));
  if (Records.length > 0) await reconcile.createHandler(world.ports())({ Records } as SQSEvent, context);
}

describe("A worker that is dead", () => {
  test("raises the alarm on the age of due work within twenty minutes, and that on its queue's age", async () => {
    await onboard();
    const sent = new Map<object, number>();
    const oldest: Point[] = [];
    await pass(45, async () => {
      await invokeSweep();
      for (const one of world.queue) if (!sent.has(one)) sent.set(one, world.nowMs);
      oldest.push({ at: world.nowMs, value: Math.max(...[...sent.values()].map((at) => (world.nowMs - at) / 1_000)) });
    });
    expect(minutesUntil("OldestDueAlarm")).toBeLessThanOrEqual(20);
    expect(minutesUntil("ReconcileBulkQueueAgeAlarm", () => oldest)).toBeLessThanOrEqual(40);
  });

  test("raises nothing where the worker lives", async () => {
    await onboard();
    await pass(45, async (minute) => {
      if (minute % 10 === 0) await acts.rename(commandOf(world, 10 + minute, { eager: undefined })(world.ports()), world.ports());
      await invokeSweep();
      await invokeReconcile();
    });
    expect(minutesUntil("OldestDueAlarm")).toBeUndefined();
    expect(minutesUntil("FailedReconcilesAlarm")).toBeUndefined();
  });
});

describe("A bus that refuses", () => {
  const minutesOf = async (taken: boolean): Promise<number | undefined> => {
    await doneAll(world, [acts.onboard]);
    start = world.nowMs;
    await acts.rename(commandOf(world, 2)(world.ports()), world.ports());
    await acts.toPremium(commandOf(world, 3)(world.ports()), world.ports());
    expect(world.table.unpublished.size).toBeGreaterThan(0);
    const ports = world.ports();
    if (!taken)
      ports.publisher = { publish: async (events) => ({ published: [], failed: events.map((event) => ({ event, reason: "denied" })) }) };
    await pass(45, () => outbox.createHandler(ports)({}, context));
    return minutesUntil("OldestEventAlarm");
  };
  test("raises the alarm on the age of events within twenty minutes", async () => {
    expect(await minutesOf(false)).toBeLessThanOrEqual(20);
  });
  test("raises nothing where the bus takes them", async () => {
    expect(await minutesOf(true)).toBeUndefined();
  });
});

describe("A cluster that is down", () => {
  const downFor = (minutes: number) =>
    pass(45, async (minute) => {
      world.cluster.before =
        minute < minutes
          ? () => {
              throw new ClusterError(undefined, "Unreachable", "down");
            }
          : undefined;
      await invokeSweep();
      await invokeReconcile();
    });

  test("raises the alarm on failed reconciles within a quarter of an hour, and not that on the age of due work", async () => {
    await onboard();
    await downFor(45);
    expect(minutesUntil("FailedReconcilesAlarm")).toBeLessThanOrEqual(15);
    expect(minutesUntil("OldestDueAlarm")).toBeUndefined();
  });

  test("raises nothing where it is back after two minutes", async () => {
    await onboard();
    await downFor(2);
    expect(minutesUntil("FailedReconcilesAlarm")).toBeUndefined();
    expect(world.table.tenants.get("acme")?.status.observedGeneration).toBe(1);
  });
});

describe("A schedule that is silent", () => {
  const silent = Object.keys(alarms).filter((name) => name.endsWith("SilenceAlarm"));

  test("is watched, each one", () => {
    expect(silent.sort()).toEqual(
      ["DriftSchedule", "IdentityCompare", "OutboxSweep", "Revisions", "Sweep"].map((name) => `${name}SilenceAlarm`),
    );
  });

  test.each(silent)("raises %s within three of its periods, and not before it stops", (name) => {
    const alarm = alarmOf(name);
    const everyMs = (alarm.Period * 1_000) / 3;
    const invocations = Array.from({ length: 60 }, (_, n) => ({ at: start + n * everyMs, value: 1 }));
    const stopped = start + 60 * everyMs;
    expect(raisedAt(alarm, () => invocations, start, stopped)).toBeUndefined();
    expect(raisedAt(alarm, () => invocations, start, stopped + 6 * everyMs)).toBe(stopped + 3 * everyMs);
  });

  test("raises the alarms on ages as well, where a sweep is invoked and fails", async () => {
    await onboard();
    const failing = {
      ...world.ports(),
      index: { ...world.ports().index, shards: 1, due: async () => Promise.reject(new Error("no table")) },
    };
    await pass(12, () =>
      sweep
        .createHandler(failing as never)({}, context)
        .catch(() => {}),
    );
    expect(minutesUntil("OldestDueAlarm")).toBe(10);
    expect(minutesUntil("OldestEventAlarm")).toBe(10);
  });
});

describe("A drift check that never comes to its end", () => {
  test("raises the alarm on the age of drift checks after three intervals and half an hour, and not before", async () => {
    world.registry.clusters.set("local", aCluster({ createdAt: world.now() }));
    const checks = new MemoryDriftChecks();
    const ports = {
      checks,
      registry: world.registry,
      clock: world.ports().clock,
      queue: { send: async () => {} },
      driftIntervalMs: 60 * MINUTE_MS,
    };
    await pass(300, () => drift.createHandler(ports)());
    const minutes = minutesUntil("OldestDriftCheckAlarm");
    expect(minutes).toBeGreaterThan(210);
    expect(minutes).toBeLessThanOrEqual(270);
  });
});

describe("A comparison of all grants that takes longer than six hours", () => {
  test("raises its alarm", async () => {
    const directory = new MemoryDirectory();
    const at = world.now();
    for (let n = 0; n < 100; n++) await directory.writeGroup(undefined, aDirectoryGroup({ provider: "okta", id: `g${n}`, createdAt: at }));
    const rounds = new MemoryGrantsRounds();
    const handler = compare.createHandler({
      ...world.ports(),
      directory,
      rounds,
      secrets: async () => [],
      openApi: () => ({ read: async () => ({ groups: [], inactive: [], asOf: world.now() }) }),
      platform: definePlatform({ ...platform, identity: { ...platform.identity, providers: { okta: {} } } }),
    });
    // Its time is up after a group of the hundred.
    await pass(7 * 4, async () => {
      await handler({}, { getRemainingTimeInMillis: () => 0 });
      world.pass(14 * MINUTE_MS);
    });
    expect(await rounds.read("okta")).toBeDefined();
    expect(minutesUntil("GrantsComparisonAgeAlarm")).toBeGreaterThan(360);
  });
});

describe("A comparison that would remove too much", () => {
  test("raises its alarm at once", async () => {
    const directory = new MemoryDirectory();
    const at = "2030-01-01T00:00:00.000Z";
    for (let n = 0; n < 40; n++)
      await directory.putMembership({ provider: "okta", groupId: "g1", userId: `u${n}`, member: true, at } as never);
    await directory.writeGroup(undefined, {
      provider: "okta",
      id: "g1",
      displayName: "tenant:acme:viewer",
      mapped: [],
      mappedAt: at,
      version: 1,
      at,
      createdAt: at,
      updatedAt: at,
    });
    const api = { kind: "okta" as const, url: "https://example.invalid", token: "ssm:token" };
    const handler = compare.createHandler({
      ...world.ports(),
      directory,
      rounds: new MemoryGrantsRounds(),
      secrets: async () => ["token"],
      openApi: () => ({ read: async () => ({ groups: [], inactive: [], asOf: world.now() }) }),
      platform: definePlatform({ ...platform, identity: { ...platform.identity, providers: { okta: { api } } } }),
    } as never);
    await handler({}, context);
    world.pass(MINUTE_MS);
    expect(minutesUntil("IdentityRemovalsRefusedAlarm")).toBe(1);
  });
});
