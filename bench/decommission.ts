/**
 * Decommission of 200 tenants at the cluster's pace (config `cluster.deletions`), the record in memory, on a real API server
 * with its controller manager; beside it another tenant's calls at a steady low rate. Then the same without the pace.
 * Exits 1 where a bound is missed.
 *
 *   npm run bench:decommission [-- --tenants 200]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import platform from "../config/tenantry.ts";
import type { Platform } from "../shared/domain/platform.ts";
import type { ClusterApi } from "../shared/ports.ts";
import { administrator, fixedToken, makeClient } from "../test/support/real-cluster.ts";
import { engine } from "./decommission/engine.ts";
import { type Probed, startProbe } from "./decommission/probe.ts";
import { startApiServer } from "./onboard/api-server.ts";
import { quantile } from "./onboard/rounds.ts";

const TENANTS = Number(parseArgs({ options: { tenants: { type: "string", default: "200" } } }).values.tenants);
/** Longest that a lap may take, milliseconds. */
const LONGEST_MS = 5 * 60_000;
const never = new AbortController().signal;
const missed: string[] = [];

const log = (line: string): void => console.log(line);
function hold(what: string, value: number, fits: boolean, bound: string): void {
  log(`  ${fits ? "held  " : "MISSED"} ${what}: ${value}, bound ${bound}`);
  if (!fits) missed.push(what);
}
const words = ({ calls, queued, failed, times }: Probed): string =>
  `${calls} calls, p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms; ${queued} queued, ${failed} failed`;

interface Clients {
  ours: ClusterApi;
  other: ClusterApi;
}

/** Namespaces that are going just now. */
async function terminating(api: ClusterApi): Promise<number> {
  const { items } = await api.list({ apiVersion: "v1", kind: "Namespace" }, never);
  return items.filter(({ metadata }) => metadata?.deletionTimestamp !== undefined).length;
}

/** Onboards, and then decommissions all at once; looks at the cluster twice a second. */
async function lap(name: string, { ours, other }: Clients, own: Platform) {
  const heart = engine(ours, own);
  const ids = Array.from({ length: TENANTS }, (_, i) => `${name}-${i}`);
  await Promise.all(ids.map(heart.onboard));
  const ready = (): number => [...heart.table.tenants.values()].filter(({ status }) => status.readyAt !== undefined).length;
  const deleted = (): number => [...heart.table.tenants.values()].filter(({ status }) => status.deletedAt !== undefined).length;
  for (const end = Date.now() + LONGEST_MS; ready() < TENANTS && Date.now() < end; ) await sleep(100);

  const probe = startProbe(other, "probe");
  const start = performance.now();
  const asked = Promise.all(ids.map(heart.tearDown));
  let most = 0;
  for (const end = Date.now() + LONGEST_MS; deleted() < TENANTS && Date.now() < end; await sleep(500))
    most = Math.max(most, await terminating(other));
  const seconds = (performance.now() - start) / 1_000;
  await asked;
  const probed = await probe.stop();
  const left = (await other.list({ apiVersion: "v1", kind: "Namespace", labelSelector: "app.kubernetes.io/managed-by=tenantry" }, never))
    .items;
  for (const warning of new Set(heart.warnings)) log(`  warning: ${warning}`);
  return { seconds, most, held: heart.slots.most(), probed, deleted: deleted(), left: left.length };
}

async function main(): Promise<void> {
  const own = await startApiServer(log, { controllers: true });
  process.env["KUBECONFIG"] = own.kubeconfigPath;
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void own.stop().finally(() => process.exit(130)));
  try {
    const { cluster, token } = await administrator();
    const { connections, requestTimeoutMs, qps, burst, deletions } = platform.cluster;
    const target = { cluster: { name: "bench", server: cluster.server, caData: cluster.caData }, tokens: fixedToken(token) };
    const ours = makeClient({ ...target, connections, settings: { requestTimeoutMs }, pace: { qps, burst } });
    const other = makeClient({ ...target, connections: 4, settings: { requestTimeoutMs: 10_000, maxAttempts: 1 } });
    const clients = { ours: ours.api, other: other.api };
    await other.api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "probe" } }, never);

    const idle = startProbe(other.api, "probe");
    await sleep(5_000);
    log(`another tenant's calls, nothing else going on: ${words(await idle.stop())}`);

    log(`\n${TENANTS} tenants decommissioned at the cluster's pace, ${deletions} namespaces at once`);
    const paced = await lap("paced", clients, platform);
    log(`  ${paced.seconds.toFixed(0)} s in all; another tenant's calls: ${words(paced.probed)}`);
    hold("tenants decommissioned", paced.deleted, paced.deleted === TENANTS, `= ${TENANTS}`);
    hold("tenants' namespaces left", paced.left, paced.left === 0, "= 0");
    hold("namespaces terminating at once, as seen", paced.most, paced.most >= 1 && paced.most <= deletions, `<= ${deletions}`);
    hold("slots held at once", paced.held, paced.held <= deletions, `<= ${deletions}`);
    hold("other calls that had to queue", paced.probed.queued, paced.probed.queued === 0, "= 0");
    hold("other calls that failed", paced.probed.failed, paced.probed.failed === 0, "= 0");

    log(`\nthe same without the pace`);
    const free = await lap("free", clients, { ...platform, cluster: { ...platform.cluster, deletions: TENANTS } });
    log(`  ${free.seconds.toFixed(0)} s in all, ${free.most} namespaces at once; another tenant's calls: ${words(free.probed)}`);
    log(`  the pace takes x${(paced.seconds / free.seconds).toFixed(2)} of that time`);
    await Promise.all([ours.close(), other.close()]);
  } finally {
    await own.stop();
  }
  if (missed.length > 0) log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exit(missed.length > 0 ? 1 : 0);
}

await main();
