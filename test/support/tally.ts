import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Check {
  name: string;
  /** Arguments for Node. */
  args: string[];
  env?: Record<string, string>;
}

/** Runs Node with what it says passed on; answers its exit code. */
export function node(args: string[], env: Record<string, string>, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
      signal,
      killSignal: "SIGTERM",
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Counts what passed and what failed: each test of jest, and each check as one. */
export class Tally {
  passes = 0;
  failures = 0;
  readonly #dir: string;
  #reports = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async check({ name, args, env = {} }: Check, signal: AbortSignal): Promise<void> {
    const code = await node(args, env, signal);
    if (code === 0) this.passed(name);
    else this.failed(name, `exit code ${code}`);
  }

  /** A run that reports no test at all has failed. */
  async jest(name: string, args: string[], env: Record<string, string>, signal: AbortSignal): Promise<void> {
    const report = join(this.#dir, `jest-${++this.#reports}.json`);
    const flags = [
      "--experimental-vm-modules",
      "--no-warnings=ExperimentalWarning",
      "node_modules/jest/bin/jest.js",
      "--json",
      `--outputFile=${report}`,
    ];
    const code = await node([...flags, ...args], env, signal);
    if (!existsSync(report)) return this.failed(name, `jest ended with code ${code} and no report`);
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, "utf8"));
    this.passes += numPassedTests;
    this.failures += numFailedTests + numRuntimeErrorTestSuites;
    if (numPassedTests === 0) this.failed(name, "no test passed");
    else if (code !== 0 && numFailedTests + numRuntimeErrorTestSuites === 0) this.failed(name, `jest ended with code ${code}`);
  }

  passed(name: string): void {
    this.passes += 1;
    console.log(`✓ ${name}`);
  }

  failed(name: string, why: string): void {
    this.failures += 1;
    console.log(`✗ ${name}: ${why}`);
  }

  closingLine(): string {
    return `${this.passes} passed, ${this.failures} failed`;
  }
}
