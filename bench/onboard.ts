/**
 * The cluster stage of an onboarding alone, the record in memory: our client against bare undici sending the same bytes,
 * with client-node's KubernetesObjectApi and kubectl beside them. Ratios within one run; exits 1 where a bound is missed.
 *
 *   npm run bench:onboard                     on an etcd and API server of its own
 *   KUBECONFIG=... npm run bench:onboard -- --here   on that cluster (its `tenant-bench-*` namespaces stay)
 */
import { availableParallelism } from "node:os";
import { kubectlPath } from "../local/kubernetes/kubectl.ts";
import platform from "../config/tenantry.ts";
import { administrator } from "../test/support/real-cluster.ts";
import { aTenant } from "../test/support/builders.ts";
import { startApiServer } from "./onboard/api-server.ts";
import { bare, type Contestant, kubectl, objectApi, objectsOf, type Target, tenantry } from "./onboard/contestants.ts";
import { lap, type Lap, median, rounds } from "./onboard/rounds.ts";

/** Each contestant's laps at each concurrency; odd, so that the median is one of them. */
const ROUNDS = 9;
const tenantsAt: Record<number, number> = { 1: 30, 8: 80, 32: 160 };
const bounds = { throughput: 0.8, p50: 1.25 };
const missed: string[] = [];

const log = (line: string): void => console.log(line);
const fixed = (value: number): string => value.toFixed(2);
const spread = (values: number[]): string => `${fixed(median(values))} (${fixed(Math.min(...values))} to ${fixed(Math.max(...values))})`;
function hold(what: string, value: number, fits: boolean, bound: string): void {
  log(`  ${fits ? "held  " : "MISSED"} ${what}: ${fixed(value)}, bound ${bound}`);
  if (!fits) missed.push(what);
}

function report(concurrency: number, laps: Map<Contestant, Lap[]>, ours: Contestant, base: Contestant): void {
  const of = (contestant: Contestant): Lap[] => laps.get(contestant) ?? [];
  const ratios = (contestant: Contestant, part: keyof Lap): number[] =>
    of(contestant).map((one, round) => one[part] / (of(base)[round]?.[part] ?? Number.NaN));
  log(`\n${concurrency} in flight`);
  for (const contestant of laps.keys()) {
    const speed = median(of(contestant).map(({ tenantsPerSecond }) => tenantsPerSecond));
    const p50 = median(of(contestant).map((one) => one.p50));
    const beside = `throughput x${spread(ratios(contestant, "tenantsPerSecond"))}, p50 x${spread(ratios(contestant, "p50"))}`;
    log(`  ${contestant.name.padEnd(20)} ${speed.toFixed(0).padStart(4)} tenants/s  p50 ${p50.toFixed(1).padStart(6)} ms   ${beside}`);
  }
  const throughput = median(ratios(ours, "tenantsPerSecond"));
  hold(`throughput of bare, ${concurrency} in flight`, throughput, throughput >= bounds.throughput, `>= ${bounds.throughput}`);
  if (concurrency !== 1) return;
  const p50 = median(ratios(ours, "p50"));
  hold("p50 of bare, 1 in flight", p50, p50 <= bounds.p50, `<= ${bounds.p50}`);
}

/** Requests and connections, on a client that is new: no round's luck in it. */
async function count(target: Target): Promise<void> {
  const objects = objectsOf(aTenant()).length;
  const tenants = Math.ceil(500 / objects);
  const fresh = tenantry(target);
  await lap(fresh, tenants, 32);
  const { requests = 0, connections = 0 } = fresh.counts?.() ?? {};
  await fresh.close?.();
  log(`\n${tenants * objects} applies for ${tenants} tenants of ${objects} objects, 32 in flight, on a new client`);
  hold("requests an onboarding", requests / tenants, requests === tenants * (objects + 1), `= objects + 1 = ${objects + 1}`);
  const most = platform.cluster.connections;
  hold("TLS connections", connections, connections >= 1 && connections <= most, `<= ${most}, the pool`);
}

async function main(): Promise<void> {
  const here = process.argv.includes("--here");
  const own = here ? undefined : await startApiServer(log);
  if (own !== undefined) process.env["KUBECONFIG"] = own.kubeconfigPath;
  const ended = (): void => void (own?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, ended);
  try {
    const { cluster, token, kubeConfig } = await administrator();
    const kubeconfigPath = process.env["KUBECONFIG"] ?? "";
    const target: Target = {
      server: cluster.server,
      caData: cluster.caData,
      token,
      kubeConfig,
      kubeconfigPath,
      kubectl: await kubectlPath(log),
    };
    const [ours, base] = [tenantry(target), bare(target)] as Contestant[] as [Contestant, Contestant];
    const slow = [objectApi(target), kubectl(target)] as Contestant[];
    const contestants = [base, ours, ...slow];
    log(
      `${availableParallelism()} cores for client and API server together; Node ${process.version}; ${ROUNDS} rounds in turn; ratios are to bare undici of the same round, median (least to most)`,
    );
    for (const contestant of contestants) await lap(contestant, 8, 4); // Warm: connections, discovery, compilation.
    for (const [concurrency, tenants] of Object.entries(tenantsAt)) {
      const laps = await rounds(
        contestants,
        ROUNDS,
        (contestant) => (slow.includes(contestant) ? Math.max(Number(concurrency), Math.ceil(tenants / 8)) : tenants),
        Number(concurrency),
      );
      report(Number(concurrency), laps, ours, base);
    }
    await count(target);
    await Promise.all(contestants.map((contestant) => contestant.close?.()));
  } finally {
    await own?.stop();
  }
  if (missed.length > 0) {
    log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
    process.exitCode = 1;
  }
}

await main();
