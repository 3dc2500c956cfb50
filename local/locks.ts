import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "./log.ts";
import { isRunning, type ProcessId, processIdOf } from "./process-ids.ts";

const readOwner = async (path: string): Promise<ProcessId | undefined> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ProcessId;
  } catch {
    return undefined;
  }
};

/**
 * Runs `work` while holding the lock file, waiting for whoever holds it.
 * A lock whose process has gone is taken over, so a crash never blocks the next run.
 */
export async function withLock<T>(path: string, log: Log, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let said = false;
  let unreadable = 0;
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(processIdOf(process.pid)), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await readOwner(path);
    // A lock that cannot be read is one being written this moment, or the rest of a crash.
    unreadable = owner ? 0 : unreadable + 1;
    if ((owner && !isRunning(owner)) || unreadable > 20) await rm(path, { force: true });
    else if (!said && owner) {
      log(`waiting for process ${owner.pid}, which holds ${path}`);
      said = true;
    }
    await delay(100);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
