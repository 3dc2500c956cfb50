import { type SpawnOptions, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning, type ProcessId, processIdOf } from "./process-ids.ts";

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Set once the process has ended: its exit code or signal, in words. */
  ended(): string | undefined;
  /** Asks, then insists; resolves when the process and its own children are gone. */
  stop(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<void>;
}

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
}

/**
 * The processes of one stack. Each leads a process group of its own, so that Ctrl-C in a terminal reaches only us and we
 * end them in order, and is written to `processes.json`, so that a later run can end what a killed one left behind.
 */
export class ProcessGroup {
  readonly #dir: string;
  readonly #running = new Map<string, ProcessId>();
  #closed = false;

  constructor(dataDir: string) {
    this.#dir = dataDir;
    mkdirSync(join(dataDir, "logs"), { recursive: true });
  }

  start(spec: ProcessSpec): ManagedProcess {
    if (this.#closed) throw new Error(`${spec.name} is not started: the stack is stopping`);
    const logFile = join(this.#dir, "logs", `${spec.name}.log`);
    const output = openSync(logFile, "a");
    const options: SpawnOptions = { stdio: ["ignore", output, output], detached: true };
    if (spec.env) options.env = spec.env;
    if (spec.cwd) options.cwd = spec.cwd;
    const child = spawn(spec.command, spec.args, options);
    closeSync(output);
    let ended: string | undefined;
    const end = (how: string): void => {
      ended ??= how;
      this.#running.delete(spec.name);
      this.#write();
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ? `ended by ${signal}` : `exit code ${code}`));
    const pid = child.pid;
    if (pid === undefined) return { name: spec.name, pid: -1, logFile, ended: () => ended ?? "did not start", stop: async () => {} };
    this.#running.set(spec.name, processIdOf(pid));
    this.#write();
    return {
      name: spec.name,
      pid,
      logFile,
      ended: () => ended,
      stop: async ({ signal = "SIGTERM", graceMs = 8_000 } = {}) => {
        if (ended === undefined) await endGroup(pid, signal, graceMs, () => ended !== undefined);
        signalGroup(pid, "SIGKILL");
      },
    };
  }

  /**
   * Runs a command of the stack to its end; a failure carries the last lines of its log.
   * A command that hangs after it failed is ended as soon as its log says `failure`.
   */
  async runToEnd(spec: ProcessSpec, options: { seconds: number; failure?: RegExp }): Promise<void> {
    const started = this.start(spec);
    let given: string | undefined;
    for (const deadline = Date.now() + options.seconds * 1000; started.ended() === undefined; await delay(50)) {
      if (Date.now() > deadline) given = `not done within ${options.seconds} s`;
      else if (options.failure?.test(readFileSync(started.logFile, "utf8"))) given = "see its log";
      if (given !== undefined) {
        await delay(500);
        await started.stop({ signal: "SIGKILL" });
      }
    }
    if (started.ended() !== "exit code 0") throw new Error(`${spec.name} failed (${given ?? started.ended()})${tail(started)}`);
  }

  /** Ends whatever still runs and starts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    const alive = [...this.#running.values()];
    await Promise.all(alive.map((id) => endGroup(id.pid, "SIGKILL", 5_000, () => !isRunning(id))));
  }

  #write(): void {
    const file = join(this.#dir, "processes.json");
    if (this.#running.size === 0) rmSync(file, { force: true });
    else writeFileSync(file, JSON.stringify(Object.fromEntries(this.#running), undefined, 2));
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function endGroup(pid: number, signal: NodeJS.Signals, graceMs: number, gone: () => boolean): Promise<void> {
  signalGroup(pid, signal);
  for (const deadline = Date.now() + graceMs; Date.now() < deadline && !gone(); ) await delay(20);
  if (gone()) return;
  signalGroup(pid, "SIGKILL");
  for (const deadline = Date.now() + 5_000; Date.now() < deadline && !gone(); ) await delay(20);
}

/** Ends what a stack that was itself killed left running in `dataDir`; answers the names of what it ended. */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  const file = join(dataDir, "processes.json");
  let recorded: Record<string, ProcessId>;
  try {
    recorded = JSON.parse(readFileSync(file, "utf8")) as Record<string, ProcessId>;
  } catch {
    return [];
  }
  const alive = Object.entries(recorded).filter(([, id]) => isRunning(id));
  await Promise.all(alive.map(([, id]) => endGroup(id.pid, "SIGTERM", 5_000, () => !isRunning(id))));
  rmSync(file, { force: true });
  return alive.map(([name]) => name);
}

/** Polls until `probe` answers something other than undefined; fails at the deadline, or as soon as the process ends. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  options: { seconds: number; process?: ManagedProcess; everyMs?: number },
): Promise<T> {
  const deadline = Date.now() + options.seconds * 1000;
  let lastError = "";
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
    }
    const ended = options.process?.ended();
    if (ended !== undefined) throw new Error(`${what}: ${options.process?.name} stopped (${ended})${tail(options.process)}`);
    if (Date.now() > deadline) {
      throw new Error(`${what}: nothing within ${options.seconds} s${lastError && `; last error: ${lastError}`}${tail(options.process)}`);
    }
    await delay(options.everyMs ?? 50);
  }
}

function tail(managed: ManagedProcess | undefined): string {
  if (!managed) return "";
  try {
    const all = readFileSync(managed.logFile, "utf8").trimEnd().split("\n").slice(-40);
    const error = all.findIndex((line) => line.startsWith("Error:"));
    const lines = error < 0 ? all.slice(-8) : all.slice(error, error + 8);
    return `\n  log: ${managed.logFile}\n  ${lines.join("\n  ")}`;
  } catch {
    return `\n  log: ${managed.logFile}`;
  }
}

/** Ports of the loopback interface that nothing listens on now; `wanted` come first where they are free. */
export async function freePorts(count: number, wanted: number[] = []): Promise<number[]> {
  const open = (port: number) =>
    new Promise<ReturnType<typeof createServer> | undefined>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(undefined));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
    });
  const servers = [];
  for (let i = 0; i < count; i++) {
    const server = (wanted[i] !== undefined && (await open(wanted[i] as number))) || (await open(0));
    if (!server) throw new Error("no free port on 127.0.0.1");
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
