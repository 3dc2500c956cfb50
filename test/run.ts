/**
 * The whole suite: `npm test`. Static checks and unit tests run while the stack comes up; the rest runs on the stack.
 * Arguments after `--` go to jest (and then only jest runs). The last line is `N passed, N failed`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../local/log.ts";
import { localDir } from "../local/paths.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { type Check, Tally } from "./support/tally.ts";

const dir = join(localDir, `test-${process.pid}`);
mkdirSync(dir, { recursive: true });
const tally = new Tally(dir);
const only = process.argv.slice(2);

const staticChecks: Check[] = [
  { name: "types (tsc --noEmit)", args: ["node_modules/typescript/bin/tsc", "--noEmit"] },
  { name: "lint and format (biome)", args: ["node_modules/@biomejs/biome/bin/biome", "ci", "."] },
  { name: "layers (dependency-cruiser)", args: ["test/layers.ts"] },
];

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());

const starting = startStack({
  dataDir: join(dir, "stack"),
  log: (line) => console.log(`  stack: ${line}`),
  signal: abort.signal,
  params: { driftIntervalMinutes: "1440" },
}).then(async (stack) => {
  // A stack that is left running would keep this process, and everybody who waits for it.
  await stack.registerCluster().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  return stack;
});
starting.catch(() => {});

if (only.length === 0) {
  for (const check of staticChecks) await tally.check(check, abort.signal);
  await tally.jest("the CloudFormation template", ["--testTimeout=300000", "--maxWorkers=2", "test/template"], {}, abort.signal);
  await tally.jest("unit tests", ["--maxWorkers=2", "test/unit"], {}, abort.signal);
  // A slice of them; `npm run test:fault` runs the long schedules.
  await tally.jest("fault tests", ["--testTimeout=60000", "--maxWorkers=2", "test/fault"], {}, abort.signal);
}

let stack: Stack | undefined;
try {
  stack = await starting;
  const env = {
    ...stack.env,
    TENANTRY_STACK_DIR: join(dir, "stack"),
    TENANTRY_READ_TOKEN: await stack.aws.token(["tenantry/tenants.read"]),
  };
  await tally.jest(
    "tests on the stack",
    // Most of a suite is waiting for the stack, so more of them run than there are cores.
    ["--testTimeout=60000", "--maxWorkers=4", ...(only.length > 0 ? only : ["test/integration", "test/e2e", "test/attack"])],
    env,
    abort.signal,
  );
  if (only.length === 0) await tally.check({ name: "IAM: every granted action was used", args: ["test/iam.ts"], env }, abort.signal);
} catch (error) {
  tally.failed("the stack came up", messageOf(error));
} finally {
  await stack?.stop();
}

if (tally.failures === 0) rmSync(dir, { recursive: true, force: true });
else console.log(`\nLogs of what failed are in ${dir}`);
console.log(tally.closingLine());
process.exitCode = tally.failures === 0 ? 0 : 1;
