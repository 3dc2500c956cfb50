import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localDir } from "./paths.ts";
import { isRunning, type ProcessId, processIdOf } from "./process-ids.ts";

const recordFile = join(localDir, "stack.json");
const envFile = join(localDir, "stack.env");

/** Where the stack of `npm start` keeps its data and logs. */
export const stackDir = join(localDir, "stack");

/** The process that holds this checkout's stack, if it runs. */
export function runningStack(): ProcessId | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile, "utf8")) as ProcessId;
    return isRunning(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

export function recordStack(): void {
  mkdirSync(localDir, { recursive: true });
  writeFileSync(recordFile, JSON.stringify(processIdOf(process.pid)));
}

export function forgetStack(): void {
  rmSync(recordFile, { force: true });
  rmSync(envFile, { force: true });
}

/** dotenv; the values hold no character that would need quoting. It carries credentials of the local stack alone. */
export function writeStackEnv(env: Record<string, string>): string {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  writeFileSync(envFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  return envFile;
}
