/**
 * `npm run bench:backlog [-- tenants [cluster.concurrency [milliseconds of a cluster's request]]]`: many tenants are due after an outage, and people go on
 * asking. The code is the deployed one (sweep, queue handler, engine, slots, queue adapter); time, DynamoDB, SQS and the cluster are
 * simulated, with the numbers of serverless.yml and config/tenantry.ts.
 */
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { parse } from "yaml";
import platform from "../config/tenantry.ts";
import { createClusterSlots } from "../shared/adapters/dynamodb/cluster-slots.ts";
import { createReconcileQueue } from "../shared/adapters/sqs/reconcile-queue.ts";
import type { ClusterApi } from "../shared/ports.ts";
import type { ReconcilePorts } from "../shared/reconcile/ports.ts";
import { onboardTenant } from "../shared/usecases/onboard-tenant.ts";
import { sweepDue } from "../shared/usecases/sweep-due.ts";
import { aCause, aCluster, aTenant } from "../test/support/builders.ts";
import { MemoryRegistry, MemoryTable } from "../test/support/memory-table.ts";
import { type EventSource, SimulatedQueue, simulatedSqs } from "./backlog/queue.ts";
import { CountedIndex, countedStore, slotsTable, WriteCounts } from "./backlog/table.ts";
import { SimulatedTime } from "./backlog/time.ts";

const [tenants = 20_000, concurrency = platform.cluster.concurrency, requestMs = 200] = process.argv.slice(2).map(Number);
/** Bounds: the median of a person's wait and the longest but for one in twenty, and writes a second on one key. */
const MOST_WAIT_MS = 2_000;
const MOST_P95_MS = 5_000;
const MOST_WRITES = 500;

const url = (lane: string): string => `https://example.invalid/${lane}`;
Object.assign(process.env, { TABLE_NAME: "t", INSTALLATION: "bench", RECONCILE_QUEUE_URL: url("reconcile"), AWS_REGION: "eu-central-1" });
process.env["POWERTOOLS_METRICS_DISABLED"] = "true";
process.env["LOG_LEVEL"] = "SILENT";
const { createHandler } = await import("../functions/reconcile/queue.ts");
const { functions } = parse(readFileSync("serverless.yml", "utf8"), { merge: true, logLevel: "silent" }) as {
  functions: Record<string, { events: { sqs?: EventSource }[]; environment: Record<string, string> }>;
};

const start = Date.parse("2030-01-01T00:00:00.000Z");
const time = new SimulatedTime(start);
const writes = new WriteCounts(time);
const table = new MemoryTable();
let ids = 0;
let applies = 0;

/** A cluster that has nothing yet: each request takes its time, and is answered as if it were done. */
const api = {
  get: async () => void (await time.sleep(requestMs)),
  apply: async (object) => {
    await time.sleep(requestMs);
    applies += 1;
    return { ...object, metadata: { ...object.metadata, uid: `uid-${applies}`, resourceVersion: String(applies) } };
  },
} as Partial<ClusterApi> as ClusterApi;

const queues: Record<string, SimulatedQueue> = {};
const sqs = simulatedSqs(time, () => queues);
const ports = (queueUrl: string, slotShare = 1): ReconcilePorts => ({
  store: countedStore(table, time, writes),
  registry: new MemoryRegistry([aCluster()]),
  clusters: { connect: () => api },
  slots: createClusterSlots(slotsTableOfAll),
  slotShare,
  queue: createReconcileQueue({ interactive: queueUrl }, sqs),
  clock: { now: () => new Date(time.nowMs) },
  newId: () => `id-${++ids}`,
  random: Math.random,
  log: { info: () => {}, warn: () => {}, error: () => {} },
  platform: { ...platform, cluster: { ...platform.cluster, concurrency } },
  installation: "bench",
});
const slotsTableOfAll = slotsTable(time, writes);

/** The lane that a function hands back to, by serverless.yml. */
const handsBackTo = (key: string): string =>
  functions[key]?.environment["RECONCILE_QUEUE_URL"] === "ReconcileBulkQueue" ? "reconcile-bulk" : "reconcile";
for (const key of ["reconcile", "reconcile-bulk"]) {
  const source = functions[key]?.events.find(({ sqs: one }) => one !== undefined)?.sqs;
  if (source === undefined) throw new Error(`serverless.yml: ${key} reads no queue`);
  queues[url(key)] = new SimulatedQueue(
    time,
    source,
    createHandler(ports(url(handsBackTo(key)), Number(functions[key]?.environment["SLOT_SHARE"] ?? 1))),
  );
}

for (let n = 0; n < tenants; n++) {
  const tenantId = `t-${String(n).padStart(6, "0")}`;
  const dueAt = new Date(start - Math.floor(Math.random() * 3_600_000)).toISOString();
  table.tenants.set(tenantId, aTenant({ tenantId, cluster: "local", dueAt, timers: { work: dueAt } }));
}
const isDone = (tenantId: string): boolean => table.tenants.get(tenantId)?.status.observedGeneration === 1;

// The sweep, each minute; it has 40 s.
const index = new CountedIndex(table, time, writes);
const sweepQueue = createReconcileQueue({ interactive: url("reconcile"), bulk: url("reconcile-bulk") }, sqs);
const sweep = (): void => {
  const end = new AbortController();
  time.at(time.nowMs + 40_000, () => end.abort());
  const pause = (ms: number): Promise<void> => time.sleep(ms);
  const swept = { index, queue: sweepQueue, accessQueue: { send: async () => {} }, clock: { now: () => new Date(time.nowMs) }, pause };
  void sweepDue(swept, end.signal);
  time.at(time.nowMs + 60_000, sweep);
};
time.at(start, sweep);

// People: one onboards a tenant each second, and hears when it is ready.
const waits: number[] = [];
const asking = new Map<string, number>();
const ask = (): void => {
  const tenantId = `person-${asking.size + waits.length}`;
  asking.set(tenantId, time.nowMs);
  const command = { tenantId, cause: aCause(), occurredAt: new Date(time.nowMs).toISOString() };
  void onboardTenant(command, { name: "Acme", tier: "basic" }, ports(url("reconcile")));
  time.at(time.nowMs + 1_000, ask);
};
time.at(start, ask);

// What became of it, each second.
let done = 0;
const look = (): void => {
  for (const [tenantId, since] of asking) {
    const readyAt = table.tenants.get(tenantId)?.status.readyAt;
    if (readyAt === undefined) continue;
    waits.push(Date.parse(readyAt) - since);
    asking.delete(tenantId);
  }
  time.at(time.nowMs + 1_000, look);
};
time.at(start + 999, look);
const count = (): void => {
  done = 0;
  for (let n = 0; n < tenants; n++) if (isDone(`t-${String(n).padStart(6, "0")}`)) done += 1;
  console.log(
    `${String((time.nowMs - start) / 1_000).padStart(6)} s  ${done} of ${tenants} done, waiting: ${Object.entries(queues)
      .map(([at, queue]) => `${at.split("/").at(-1)} ${queue.waiting}`)
      .join(", ")}`,
  );
  if (done < tenants) time.at(time.nowMs + 30_000, count);
};
time.at(start + 30_000, count);

await time.run(() => done === tenants);
await setImmediate();
waits.sort((a, b) => a - b);
const quantile = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
const [hottest = ["none", 0]] = [...writes.most].sort(([, a], [, b]) => b - a);
const report = {
  tenants,
  slots: concurrency,
  drainedInSeconds: (time.nowMs - start) / 1_000,
  people: waits.length,
  stillWaiting: asking.size,
  waitMs: { p50: quantile(0.5), p95: quantile(0.95), longest: quantile(1) },
  mostWritesASecond: {
    slot: writes.mostOf("SLOTS#"),
    tenant: writes.mostOf("TENANT#"),
    due: writes.mostOf("due "),
    list: writes.mostOf("list "),
  },
  hottestKey: `${hottest[0]}: ${hottest[1]}`,
};
console.log(report);
const held = quantile(0.5) < MOST_WAIT_MS && quantile(0.95) < MOST_P95_MS && hottest[1] <= MOST_WRITES && waits.length > 0;
console.log(held ? "held" : `missed: p50 < ${MOST_WAIT_MS} ms, p95 < ${MOST_P95_MS} ms, at most ${MOST_WRITES} writes a second on one key`);
process.exit(held ? 0 : 1);
