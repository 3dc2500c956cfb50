/**
 * The drift check of one cluster, the records in memory, on a real API server: against a bare loop on the same dispatcher that
 * reads and parses the same pages and does nothing with them. Ratios within one run; exits 1 where a bound is missed.
 *
 *   npm run bench:drift [-- --tenants 1000 --rounds 60]   on an etcd and API server of its own
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { checkDrift, type DriftPorts } from "../shared/usecases/check-drift.ts";
import { reconcileTenant } from "../shared/usecases/reconcile-tenant.ts";
import { startRun } from "../shared/reconcile/run.ts";
import { administrator } from "../test/support/real-cluster.ts";
import { aFleet, bareLoop, open, type Target } from "./drift/fleet.ts";
import { startApiServer } from "./onboard/api-server.ts";
import { median, quantile } from "./onboard/rounds.ts";

const { values } = parseArgs({ options: { tenants: { type: "string", default: "1000" }, rounds: { type: "string", default: "60" } } });
const [TENANTS, ROUNDS] = [Number(values.tenants), Number(values.rounds)];
const RATIO = 1.3;
const never = new AbortController().signal;
const missed: string[] = [];

const log = (line: string): void => console.log(line);
function hold(what: string, value: string | number, fits: boolean, bound: string): void {
  log(`  ${fits ? "held  " : "MISSED"} ${what}: ${value}, bound ${bound}`);
  if (!fits) missed.push(what);
}

/** Wall time, and the processor time of this process with all its threads: that one does not wait for others' work. */
const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; cpuMs: number; result: T }> => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000, result };
};

async function atRest(fleet: Fleet, client: Client, target: Target): Promise<number> {
  const check = () => checkDrift({ cluster: "bench" }, fleet.ports, { enough: never, signal: never });
  await check();
  const lists = await bareLoop(client, target); // Warm: connections, compilation, the API server's own caches.
  client.sent.length = 0;
  fleet.table.writes = 0;
  const result = await check();
  log(`\n${TENANTS} tenants, nothing drifted`);
  const expected = { namespaces: TENANTS, judged: TENANTS, underWay: 0, drifted: 0, more: 0, failed: 0, orphans: 0, removed: 0 };
  hold(
    "tenants judged, none drifted",
    result?.counts.judged ?? 0,
    JSON.stringify(result?.counts) === JSON.stringify(expected),
    `= ${TENANTS}`,
  );
  const kinds = new Set(client.sent).size;
  hold(
    `requests, of ${kinds} kinds, all of them lists`,
    client.sent.length,
    client.sent.length === lists && client.sent.every((one) => one.startsWith("GET ")),
    `= ${lists}, kinds x pages`,
  );
  hold("writes to the table", fleet.table.writes, fleet.table.writes === 0, "= 0");
  return lists;
}

async function compare(fleet: Fleet, client: Client, target: Target): Promise<void> {
  const [ours, all, bare]: [Timed[], Timed[], Timed[]] = [[], [], []];
  const forgetful = { ...fleet.ports, tenants: fleet.table.withoutVersions() };
  const check = (ports: DriftPorts) => timed(() => checkDrift({ cluster: "bench" }, ports, { enough: never, signal: never }));
  const runs = [
    async () => void bare.push(await timed(() => bareLoop(client, target))),
    async () => void ours.push(await check(fleet.ports)),
    async () => void all.push(await check(forgetful)),
  ];
  // Each in each place in turn.
  for (let round = 0; round < ROUNDS; round += 1) for (const turn of [0, 1, 2]) await runs[(round + turn) % 3]?.();
  const ratios = (contestant: Timed[], of: keyof Timed): number[] =>
    contestant.map((one, round) => one[of] / (bare[round]?.[of] ?? Number.NaN));
  const spread = (list: number[], digits: number): string =>
    `${median(list).toFixed(digits)} (${quantile(list, 0.25).toFixed(digits)} to ${quantile(list, 0.75).toFixed(digits)})`;
  const times = (contestant: Timed[]): string => {
    const [ms, cpuMs] = [contestant.map((one) => one.ms), contestant.map((one) => one.cpuMs)];
    return `${spread(ms, 0)} ms, on processors ${spread(cpuMs, 0)} ms`;
  };
  const beside = (contestant: Timed[]): string =>
    `wall ${spread(ratios(contestant, "ms"), 2)}, processors ${spread(ratios(contestant, "cpuMs"), 2)}`;
  log(`\n${ROUNDS} rounds, median (quartiles); "of all" is the check where no version is remembered`);
  log(`  bare loop ${times(bare)}\n  check     ${times(ours)}\n  of all    ${times(all)}`);
  log(`  to the bare loop of the same round\n  check     ${beside(ours)}\n  of all    ${beside(all)}`);
  const ratio = ratios(ours, "ms");
  hold("wall time to the bare loop's of the same round", spread(ratio, 2), median(ratio) <= RATIO, `<= ${RATIO}`);
}

async function onePercent(fleet: Fleet, client: Client, lists: number): Promise<void> {
  const drifted = fleet.ids.filter((_, index) => index % 100 === 50);
  for (const id of drifted) {
    const ref = { apiVersion: "v1", kind: "ResourceQuota", name: "tenant-quota", namespace: `tenant-${id}` };
    await client.api.patch(ref, { spec: { hard: { pods: "5000" } } }, {}, never);
  }
  const untouched = (): string => JSON.stringify([...fleet.table.tenants.values()].filter(({ tenantId }) => !drifted.includes(tenantId)));
  const before = untouched();
  client.sent.length = 0;
  fleet.table.writes = 0;
  const { ms, result } = await timed(() => checkDrift({ cluster: "bench" }, fleet.ports, { enough: never, signal: never }));
  log(`\n${drifted.length} of ${TENANTS} tenants with another quota; the check took ${ms.toFixed(0)} ms`);
  hold("tenants found", result?.counts.drifted ?? 0, result?.counts.drifted === drifted.length, `= ${drifted.length}`);
  hold(
    "requests",
    client.sent.length,
    client.sent.length === lists + drifted.length,
    `= ${lists} lists and one look at each drifted object`,
  );
  hold(
    "writes to the table",
    fleet.table.writes,
    fleet.table.writes === drifted.length && untouched() === before,
    `= ${drifted.length}, to those alone`,
  );
  client.sent.length = 0;
  for (const tenantId of drifted) {
    const dueAt = fleet.table.tenants.get(tenantId)?.dueAt ?? "";
    const run = startRun({ owner: crypto.randomUUID(), now: new Date(), remainingMs: 60_000, requestTimeoutMs: 5_000 });
    await reconcileTenant({ tenantId, dueAt }, run, fleet.ports);
  }
  const applies = client.sent.filter((one) => one.startsWith("PATCH ") && one.endsWith("/resourcequotas/tenant-quota"));
  hold(
    "requests of the repairs, each the apply of a drifted quota",
    client.sent.length,
    client.sent.length === drifted.length && applies.length === drifted.length,
    `= ${drifted.length}`,
  );
  const told = fleet.table.events.filter(({ type }) => type === "TenantDriftRepaired").length;
  hold("TenantDriftRepaired", told, told === drifted.length, `= ${drifted.length}`);
  const again = await checkDrift({ cluster: "bench" }, fleet.ports, { enough: never, signal: never });
  hold("drifted at the next check", again?.counts.drifted ?? -1, again?.counts.drifted === 0, "= 0");
}

type Timed = Record<"ms" | "cpuMs", number>;
type Fleet = Awaited<ReturnType<typeof aFleet>>;
type Client = ReturnType<typeof open>;

const server = await startApiServer(log);
process.env["KUBECONFIG"] = server.kubeconfigPath;
const ended = (): void => void server.stop().finally(() => process.exit(130));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, ended);
try {
  const { cluster, token } = await administrator();
  const target: Target = { server: cluster.server, caData: cluster.caData, token };
  const client = open(target);
  const made = await timed(() => aFleet(TENANTS, client.api));
  log(
    `${availableParallelism()} cores for client and API server together; Node ${process.version}; ${TENANTS} tenants made in ${(made.ms / 1000).toFixed(0)} s`,
  );
  const lists = await atRest(made.result, client, target);
  await compare(made.result, client, target);
  await onePercent(made.result, client, lists);
  log(`\nLargest memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
  await client.close();
} finally {
  await server.stop();
}
if (missed.length > 0) {
  log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exitCode = 1;
}
