import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../../local/stack.ts";
import { type Passing, statusAnswer } from "../support/fault-proxy.ts";
import { aFaultyCluster } from "../support/faulty-cluster.ts";
import { until } from "../support/stack.ts";
import type { Heard } from "./bus.ts";
import { functionKilledBeforeApply } from "./killed-function.ts";
import { seeded } from "./random.ts";
import { ask, prove, readyAmong, someIds, untilReady } from "./tenants.ts";

/** What was injected, and what held, in words. */
export interface Result {
  injected: string;
  held: string;
}

export interface Parts {
  stack: Stack;
  heard: Heard;
  seed: number;
}

/** Longest that recovery takes, seconds: a lease, a message's visibility, and rounds of the sweep, on a busy machine. */
const LONGEST = 300;

const askAll = (ids: string[], requirements?: Record<string, string>): Promise<unknown> =>
  Promise.all(ids.map((id) => ask(id, requirements)));

async function apiServerKilled({ stack, heard }: Parts): Promise<Result> {
  const ids = someIds("killed", 100);
  const asked = askAll(ids);
  await until("some to be Ready", async () => ((await readyAmong(ids)) >= 10 ? true : undefined), 60);
  await stack.kubernetes.stopApiServer();
  const before = await readyAmong(ids);
  await asked;
  await sleep(15_000);
  await stack.kubernetes.startApiServer();
  await untilReady(ids, LONGEST);
  if (before === ids.length) throw new Error("all were Ready before the kill: nothing was tried");
  return { injected: `the API server SIGKILLed at ${before} of 100 Ready, away for 15 s`, held: await prove(ids, heard) };
}

async function networkCut({ heard }: Parts): Promise<Result> {
  const cluster = await aFaultyCluster();
  await cluster.register();
  const ids = someIds("cut", 30);
  try {
    cluster.proxy.on(() => ({ kind: "pass", delayMs: 100 }));
    const asked = askAll(ids, cluster.requirements);
    await until("some requests", async () => (cluster.proxy.seen.length >= 40 ? true : undefined), 60);
    const before = await readyAmong(ids);
    await cluster.proxy.down();
    await asked;
    await sleep(20_000);
    await cluster.proxy.up();
    await untilReady(ids, LONGEST);
    if (before === ids.length) throw new Error("all were Ready before the cut: nothing was tried");
    return { injected: `the network to the cluster cut at ${before} of 30 Ready, for 20 s`, held: await prove(ids, heard) };
  } finally {
    await cluster.proxy.close();
  }
}

async function answersFail({ heard, seed }: Parts): Promise<Result> {
  const cluster = await aFaultyCluster();
  await cluster.register();
  const random = seeded(seed);
  const counts = { 429: 0, 500: 0, reset: 0 };
  try {
    cluster.proxy.on((_request: Passing) => {
      const drawn = random();
      if (drawn < 0.2) {
        counts[429] += 1;
        return statusAnswer(429, "TooManyRequests", "slow down", { "retry-after": "1" });
      }
      if (drawn < 0.25) {
        counts[500] += 1;
        return statusAnswer(500, "InternalError", "etcd is electing");
      }
      if (drawn >= 0.27) return undefined;
      counts.reset += 1;
      return { kind: "reset" };
    });
    const ids = someIds("faults", 100);
    await askAll(ids, cluster.requirements);
    await untilReady(ids, LONGEST);
    const total = cluster.proxy.seen.length;
    const injected = `of ${total} requests, ${counts[429]} answered 429 with Retry-After, ${counts[500]} 500, ${counts.reset} connections reset`;
    return { injected, held: await prove(ids, heard) };
  } finally {
    await cluster.proxy.close();
  }
}

const KILLS = 20;
/** What an onboarding by event goes through, and what recovers it. */
const FUNCTIONS = ["onboarding-events", "onboarding-events", "reconcile", "reconcile-bulk", "outbox-stream", "sweep"];

async function functionsKilled({ stack, heard, seed }: Parts): Promise<Result> {
  const random = seeded(seed + 1);
  const ids = someIds("worker", 3 * KILLS);
  const kills = new Map<string, number>();
  const killOne = async (): Promise<true> => {
    const key = FUNCTIONS[Math.floor(random() * FUNCTIONS.length)] ?? "onboarding-events";
    const named = await stack.aws.functionWorkers(key);
    const [from, workers] = named.length > 0 ? [key, named] : ["onboarding-events", await stack.aws.functionWorkers("onboarding-events")];
    const pid = workers[Math.floor(random() * workers.length)];
    if (pid === undefined) throw new Error("no worker runs");
    process.kill(pid, "SIGKILL");
    kills.set(from, (kills.get(from) ?? 0) + 1);
    return true;
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const asked = askAll(ids.slice(3 * kill, 3 * kill + 3));
    await sleep(random() * 700);
    await until("a worker to kill", killOne, 30);
    await asked;
    await sleep(random() * 1_000);
  }
  await untilReady(ids, LONGEST);
  const words = [...kills].map(([key, count]) => `${key} ${count}`).join(", ");
  return { injected: `${KILLS} SIGKILLs of function processes (${words})`, held: await prove(ids, heard) };
}

async function awsRestarted({ stack, heard }: Parts): Promise<Result> {
  const ids = someIds("restart", 60);
  const first = askAll(ids.slice(0, 40));
  await until("some to be Ready", async () => ((await readyAmong(ids)) >= 5 ? true : undefined), 60);
  const before = await readyAmong(ids);
  const restarted = stack.aws.restart();
  await sleep(1_000);
  const second = askAll(ids.slice(40));
  await restarted;
  await Promise.all([first, second]);
  await untilReady(ids, LONGEST);
  return {
    injected: `the embedded AWS ended with all functions at work at ${before} of 60 Ready, and started with its state`,
    held: await prove(ids, heard),
  };
}

type Case = (parts: Parts) => Promise<Result>;

/** Groups run one after another; the cases of a group, which do not disturb each other, side by side. */
export const groups: Record<string, Case>[] = [
  {
    "The network to a cluster is cut during 30 onboardings": networkCut,
    "A function is killed between its intent and its first apply": functionKilledBeforeApply,
    "A cluster throttles, fails and resets connections during 100 onboardings": answersFail,
  },
  { "The API server is killed during 100 onboardings": apiServerKilled },
  { "Function processes are killed 20 times during 60 onboardings": functionsKilled },
  { "The embedded AWS is restarted with its state during 60 onboardings": awsRestarted },
];
