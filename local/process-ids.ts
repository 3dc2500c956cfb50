import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A process by number and start time: the number alone may by now be somebody else's. */
export interface ProcessId {
  pid: number;
  startedAt: string;
}

/** Opaque, equal for the life of a process; undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  try {
    if (existsSync("/proc/self/stat")) {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : fields[19];
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

export function processIdOf(pid: number): ProcessId {
  return { pid, startedAt: startTimeOf(pid) ?? "" };
}

export function isRunning(id: ProcessId): boolean {
  const startedAt = startTimeOf(id.pid);
  return startedAt !== undefined && startedAt === id.startedAt;
}
