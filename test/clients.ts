/**
 * What public clients of OpenAPI and of SCIM say of the stack: `npm run test:clients`. Schemathesis goes through the
 * contract (docs/openapi.json), and scim2-tester through SCIM. The last line is `N passed, N failed`: of operations, and of checks.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../local/log.ts";
import { localDir } from "../local/paths.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { clientsPython } from "./clients/python.ts";
import { schemathesis } from "./clients/schemathesis.ts";
import { scimTester } from "./clients/scim-tester.ts";
import { Tally } from "./support/tally.ts";

const dir = join(localDir, `clients-${process.pid}`);
mkdirSync(dir, { recursive: true });
const log = (line: string): void => console.log(`  stack: ${line}`);
const tally = new Tally(dir);
const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());

const starting = startStack({ dataDir: join(dir, "stack"), log, signal: abort.signal });
starting.catch(() => {});

let stack: Stack | undefined;
try {
  const python = await clientsPython(log);
  stack = await starting;
  await stack.registerCluster();
  const run = { python, dir, env: stack.env, signal: abort.signal };
  // One after the other: they share the embedded AWS, and the processors.
  await scimTester(run, tally);
  await schemathesis(run, tally);
  const errors = (await stack.aws.functionProblems()).filter((line) => line.includes('"level":"ERROR"'));
  for (const error of errors) console.log(`  logged: ${error}`);
} catch (error) {
  tally.failed("the clients ran", messageOf(error));
} finally {
  await (stack ?? (await starting.catch(() => undefined)))?.stop();
}

if (tally.failures === 0) rmSync(dir, { recursive: true, force: true });
else console.log(`\nLogs of what failed are in ${dir}`);
console.log(tally.closingLine());
process.exitCode = tally.failures === 0 ? 0 : 1;
