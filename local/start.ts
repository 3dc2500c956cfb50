import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endCommands } from "./commands.ts";
import { describeTenant, onboardByEvent } from "./first-tenant.ts";
import { messageOf, Steps, UserError } from "./log.ts";
import { localDir } from "./paths.ts";
import { endLeftovers } from "./processes.ts";
import { type Stack, startStack } from "./stack.ts";
import { forgetStack, recordStack, runningStack, stackDir, writeStackEnv } from "./stack-record.ts";

const usage = "usage: npm start [-- --once | --keep]";
const steps = new Steps((line) => say(line));
const say = (line: string): void => console.log(`[${steps.elapsedSeconds().toFixed(1).padStart(5)} s] ${line}`);

function report(stack: Stack, tenant: string, objects: string, envFile: string): void {
  const { TENANTRY_API_URL: api } = stack.env;
  console.log(`\nWhat now exists in the cluster for ${tenant}:\n\n${objects}`);
  console.log("How long each step took:");
  for (const { name, seconds } of steps.done) console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${name}`);
  console.log(`  ${steps.elapsedSeconds().toFixed(1).padStart(6)} s  altogether\n`);
  console.log(`How to call the API (${envFile} holds the token, the AWS endpoint and the kubeconfig):

  set -a; . .local/stack.env; set +a
  curl -H "Authorization: Bearer $TENANTRY_TOKEN" ${api}/tenants
  curl -H "Authorization: Bearer $TENANTRY_TOKEN" -H "Content-Type: application/json" \\
    -d '{"name": "Acme", "tier": "basic"}' ${api}/tenants
  kubectl get namespaces
  npm run -s user-token -- anna@example.com      # a token of a person: docs/kubeconfig.md

The identity providers of config/tenantry.ts have secrets of their own (docs/identity/): npm run -s secret -- okta webhook
`);
}

async function bringUp(signal: AbortSignal): Promise<Stack> {
  const stack = await startStack({ dataDir: stackDir, log: say, preferredAwsPort: 4566, steps, signal });
  try {
    const envFile = writeStackEnv(stack.env);
    await stack.registerCluster();
    const tenant = `first-${randomBytes(3).toString("hex")}`;
    await steps.run(`TenantOnboardingRequested to TenantReady: ${tenant}`, () => onboardByEvent(stack, tenant, say));
    report(stack, tenant, await describeTenant(stack, tenant, say), envFile);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Runs the stack in this process until a signal, or just once. */
async function runHere(once: boolean): Promise<void> {
  recordStack();
  const abort = new AbortController();
  const started = bringUp(abort.signal);
  let up = false;
  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // What is still being brought up is given up; whatever that leaves is ended by its recorded id.
    if (!up) abort.abort();
    endCommands();
    await Promise.race([started.then((stack) => stack.stop()).catch(() => {}), delay(15_000)]);
    await endLeftovers(stackDir);
    forgetStack();
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stopping) say(`stopping (${signal})`);
      void stop(up ? 0 : 130);
    });
  }
  try {
    await started;
    up = true;
  } catch (error) {
    if (!stopping) console.error(error instanceof UserError ? error.message : `npm start failed: ${messageOf(error)}`);
    return await stop(1);
  }
  if (once) return await stop(0);
  if (process.send) process.send("ready");
  else say("up; Ctrl-C (or `npm stop`) ends it");
  // Whatever becomes of the stack's own servers, this process stays until it is told to go.
  setInterval(() => {}, 60_000);
}

/** Starts a process of its own that holds the stack, repeats what it says until it is up, and leaves it. */
async function runDetached(): Promise<void> {
  mkdirSync(localDir, { recursive: true });
  const logFile = join(localDir, "start.log");
  const output = openSync(logFile, "w");
  const child = spawn(process.execPath, [import.meta.filename], { detached: true, stdio: ["ignore", output, output, "ipc"] });
  closeSync(output);
  let ready = false;
  let ended: number | undefined;
  child.once("message", () => (ready = true));
  child.once("exit", (code) => (ended = code ?? 1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  let shown = 0;
  const show = (): void => {
    const text = readFileSync(logFile, "utf8");
    process.stdout.write(text.slice(shown));
    shown = text.length;
  };
  while (!ready && ended === undefined) {
    await delay(100);
    show();
  }
  show();
  if (ended !== undefined) process.exit(ended);
  child.disconnect();
  child.unref();
  console.log(`the stack stays up (process ${child.pid}, log ${logFile}); \`npm stop\` ends it`);
  process.exit(0);
}

const args = process.argv.slice(2);
const unknown = args.find((arg) => !["--once", "--keep"].includes(arg));
if (unknown !== undefined) {
  console.error(`${unknown}: no such option; ${usage}`);
  process.exit(2);
}
const running = runningStack();
if (running) {
  console.error(`a stack of this checkout is already up (process ${running.pid}); \`npm stop\` ends it`);
  process.exit(1);
}
await (args.includes("--keep") ? runDetached() : runHere(args.includes("--once")));
