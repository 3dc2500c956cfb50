/**
 * The whole path, HTTP POST to Ready, on a running stack: how long it takes the caller, and what it costs in transactions of the
 * table and in requests to the cluster. Reported; the counts are held, and it exits 1 where one is missed.
 *
 *   npm run bench:path     on the stack of `npm start` where one runs (its `path-*` tenants stay), else on one of its own
 */
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./onboard/rounds.ts";
import { asked, useStack } from "./stack.ts";

const TENANTS = 50;
const COUNTED = 10;
const OBJECTS = 8;
const TRANSACTIONS = 2;
const missed: string[] = [];

const log = (line: string): void => console.log(line);
function hold(what: string, value: number, wanted: number, words: string): void {
  log(`  ${value === wanted ? "held  " : "MISSED"} ${what}: ${value}, bound = ${words}`);
  if (value !== wanted) missed.push(what);
}

async function main(): Promise<void> {
  const stack = await useStack("path", log);
  try {
    // Its clients read the environment when they are loaded.
    const { anId, api, untilPhase } = await import("../test/support/stack.ts");
    const { aFaultyCluster } = await import("../test/support/faulty-cluster.ts");

    /** One tenant, from the request to Ready, milliseconds; eager where the answer itself said so. */
    const onboard = async (requirements: Record<string, string> = {}): Promise<{ ms: number; eager: boolean }> => {
      const tenantId = anId("path");
      const start = performance.now();
      const { status, body } = await api("POST", "/tenants", { tenantId, name: tenantId, tier: "basic", requirements });
      if (status !== 201 && status !== 202) throw new Error(`POST /tenants: ${status} ${JSON.stringify(body)}`);
      if (body.phase !== "Ready") await untilPhase(tenantId, "Ready", 120);
      return { ms: performance.now() - start, eager: status === 201 };
    };
    const lap = async (tenants: number, concurrency: number): Promise<{ ms: number; eager: boolean }[]> => {
      let left = tenants;
      const worker = async (): Promise<{ ms: number; eager: boolean }[]> => {
        const done = [];
        while (left-- > 0) done.push(await onboard());
        return done;
      };
      return (await Promise.all(Array.from({ length: concurrency }, worker))).flat();
    };

    await lap(16, 8); // Warm: as many processes as the laps use.
    for (const concurrency of [1, 8]) {
      const before = await asked("onboarding-api");
      const start = performance.now();
      const times = await lap(TENANTS, concurrency);
      const perSecond = (TENANTS / (performance.now() - start)) * 1_000;
      const eager = times.filter((one) => one.eager).length;
      const [p50, p95] = [0.5, 0.95].map((share) =>
        quantile(
          times.map(({ ms }) => ms),
          share,
        ).toFixed(0),
      );
      log(`\n${TENANTS} onboardings by POST /tenants, ${concurrency} in flight`);
      log(`  p50 ${p50} ms, p95 ${p95} ms, ${perSecond.toFixed(1)} a second; ${eager} answered 201 Ready`);
      await sleep(1_000);
      const calls = [...(await asked("onboarding-api"))].map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)]);
      log(
        `  calls an onboarding: ${calls
          .filter(([, count]) => count > 0)
          .map(([name, count]) => `${name} ${count / TENANTS}`)
          .join(", ")}`,
      );
      const transactions = calls.find(([name]) => name === "dynamodb:TransactWriteItems")?.[1] ?? 0;
      if (eager === TENANTS) hold("transactions an eager onboarding", transactions / TENANTS, TRANSACTIONS, String(TRANSACTIONS));
    }

    const cluster = await aFaultyCluster();
    await cluster.register();
    await onboard(cluster.requirements); // Discovers what the cluster serves, if anything.
    cluster.proxy.seen.length = 0;
    for (let tenant = 0; tenant < COUNTED; tenant++) await onboard(cluster.requirements);
    log(`\n${COUNTED} onboardings, one after another, by way of a counting proxy`);
    hold("requests to the cluster an onboarding", cluster.proxy.seen.length / COUNTED, OBJECTS + 1, `objects + 1 = ${OBJECTS + 1}`);
    await cluster.proxy.close();
  } finally {
    await stack.stop();
  }
  if (missed.length > 0) log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exit(missed.length > 0 ? 1 : 0);
}

await main();
