/**
 * The long schedules: `npm run test:fault`. Those in memory (test/fault) run first, while the stack comes up; then the
 * outages, on a stack of their own. Arguments after `--` choose outages by words of their titles, and only they run.
 * `TENANTRY_SEED` repeats a run's draws. The last line is `N passed, N failed`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../local/log.ts";
import { localDir } from "../local/paths.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { seedOfRun } from "./outage/random.ts";
import { Tally } from "./support/tally.ts";

const dir = join(localDir, `fault-${process.pid}`);
const stackDir = join(dir, "stack");
mkdirSync(dir, { recursive: true });
const tally = new Tally(dir);
const words = process.argv.slice(2);
const seed = seedOfRun();

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());

const starting = startStack({
  dataDir: stackDir,
  log: (line) => console.log(`  stack: ${line}`),
  signal: abort.signal,
  persist: true,
  params: { driftIntervalMinutes: "1440" },
}).then(async (stack) => {
  await stack.registerCluster();
  return stack;
});
starting.catch(() => {});

if (words.length === 0) {
  await tally.jest("long schedules", ["test/fault", "--testTimeout=600000", "--maxWorkers=2"], { FAULT_RUNS: "5" }, abort.signal);
}

async function outages(stack: Stack): Promise<void> {
  Object.assign(process.env, stack.env);
  // Their clients read the environment when they are loaded.
  const { groups } = await import("./outage/cases.ts");
  const { hear } = await import("./outage/bus.ts");
  const heard = await hear(stack);
  console.log(`\nOutages, seed ${seed}`);
  try {
    for (const group of groups) {
      const chosen = Object.entries(group).filter(([title]) => words.every((word) => title.toLowerCase().includes(word.toLowerCase())));
      await Promise.all(
        chosen.map(async ([title, run]) => {
          if (abort.signal.aborted) return;
          const start = performance.now();
          const seconds = (): string => ((performance.now() - start) / 1_000).toFixed(0);
          try {
            const { injected, held } = await run({ stack, heard, seed });
            tally.passed(`${title} (${seconds()} s)\n    injected: ${injected}\n    held: ${held}`);
          } catch (error) {
            tally.failed(`${title} (${seconds()} s)`, messageOf(error));
          }
        }),
      );
    }
  } finally {
    await heard.stop().catch(() => {});
  }
}

let stack: Stack | undefined;
try {
  stack = await starting;
  await outages(stack);
} catch (error) {
  tally.failed("the stack came up", messageOf(error));
} finally {
  await stack?.stop();
}

if (tally.failures === 0) rmSync(dir, { recursive: true, force: true });
else console.log(`\nLogs of what failed are in ${dir}; TENANTRY_SEED=${seed} repeats the draws`);
console.log(tally.closingLine());
process.exit(tally.failures === 0 ? 0 : 1);
