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
import { type Lap, lap, median, quantile, rounds } from "./onboard/rounds.ts";

/** Ours against bare: many short rounds. */
const duels = [
  { concurrency: 1, tenants: 8, rounds: 60 },
  { concurrency: 8, tenants: 32, rounds: 30 },
  { concurrency: 32, tenants: 96, rounds: 16 },
];
/** The others, against bare too: fewer, since they are slow. */
const others = [
  { concurrency: 1, tenants: 4, rounds: 8 },
  { concurrency: 8, tenants: 16, rounds: 5 },
  { concurrency: 32, tenants: 32, rounds: 5 },
];
const bounds = { throughput: 0.8, p50: 1.25 };
const missed: string[] = [];

const log = (line: string): void => console.log(line);
const fixed = (value: number): string => value.toFixed(2);
const spread = (values: number[]): string =>
  `${fixed(median(values))} (${fixed(quantile(values, 0.25))} to ${fixed(quantile(values, 0.75))})`;
function hold(what: string, value: number, fits: boolean, bound: string): void {
  log(`  ${fits ? "held  " : "MISSED"} ${what}: ${fixed(value)}, bound ${bound}`);
  if (!fits) missed.push(what);
}

/** Prints each contestant's laps, and its ratios to the base's lap of the same round. */
function show(laps: Map<Contestant, Lap[]>, base: Contestant, only: Contestant[]): Map<Contestant, Record<keyof Lap, number>> {
  const bases = laps.get(base) ?? [];
  const result = new Map<Contestant, Record<keyof Lap, number>>();
  for (const contestant of only) {
    const own = laps.get(contestant) ?? [];
    const ratios = (part: keyof Lap): number[] => own.map((one, round) => one[part] / (bases[round]?.[part] ?? Number.NaN));
    const [speed, p50] = [median(own.map(({ tenantsPerSecond }) => tenantsPerSecond)), median(own.map((one) => one.p50))];
    const beside = contestant === base ? "" : `throughput x${spread(ratios("tenantsPerSecond"))}, p50 x${spread(ratios("p50"))}`;
    log(`  ${contestant.name.padEnd(20)} ${speed.toFixed(0).padStart(4)} tenants/s  p50 ${p50.toFixed(1).padStart(6)} ms   ${beside}`);
    result.set(contestant, { tenantsPerSecond: median(ratios("tenantsPerSecond")), p50: median(ratios("p50")) });
  }
  return result;
}

async function compare(base: Contestant, ours: Contestant, slow: Contestant[]): Promise<void> {
  for (const [i, duel] of duels.entries()) {
    const { concurrency } = duel;
    log(`\n${concurrency} in flight`);
    const ratio = show(await rounds([base, ours], duel), base, [base, ours]).get(ours);
    show(await rounds([base, ...slow], others[i] ?? duel), base, slow);
    const { tenantsPerSecond = Number.NaN, p50 = Number.NaN } = ratio ?? {};
    hold(
      `throughput of bare, ${concurrency} in flight`,
      tenantsPerSecond,
      tenantsPerSecond >= bounds.throughput,
      `>= ${bounds.throughput}`,
    );
    if (concurrency === 1) hold("p50 of bare, 1 in flight", p50, p50 <= bounds.p50, `<= ${bounds.p50}`);
  }
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
      `${availableParallelism()} cores for client and API server together; Node ${process.version}; ratios are to bare undici in the same round: median (quartiles)`,
    );
    for (const contestant of contestants) await lap(contestant, 8, 4); // Warm: connections, discovery, compilation.
    await compare(base, ours, slow);
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
