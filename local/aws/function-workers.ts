import { readdirSync, readFileSync } from "node:fs";
import { run } from "../commands.ts";
import { STAGE } from "./deploy.ts";

async function commandLines(): Promise<[pid: number, commandLine: string][]> {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.flatMap((pid) => {
      try {
        return [[Number(pid), readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] as [number, string]];
      } catch {
        return [];
      }
    });
  } catch {
    const lines = (await run("ps", ["-axo", "pid=,command="])).split("\n");
    return lines.map((line) => [Number.parseInt(line, 10), line.replace(/^\s*\d+\s+/, "")]);
  }
}

/** The processes in which the embedded Lambda of the stack in `dataDir` runs a function just now, for tests that kill one. */
export async function functionWorkers(dataDir: string, functionKey: string): Promise<number[]> {
  const script = new RegExp(`/ministack-lambda-tenantry-${STAGE}-${functionKey}-[^-/]+/_worker\\.js`);
  return (await commandLines())
    .filter(([, commandLine]) => commandLine.includes(`${dataDir}/`) && script.test(commandLine))
    .map(([pid]) => pid);
}
