import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./locks.ts";
import type { Log } from "./log.ts";
import { cacheDir } from "./paths.ts";

/**
 * The directory of a cache entry, filled first if it is not there yet.
 * An entry appears whole or not at all (filled aside, then renamed), and two processes never fill it twice.
 */
export async function cached(name: string, log: Log, fill: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(cacheDir(), name);
  if (existsSync(dir)) return dir;
  return await withLock(`${dir}.lock`, log, async () => {
    if (existsSync(dir)) return dir;
    await mkdir(cacheDir(), { recursive: true });
    const partial = await mkdtemp(join(cacheDir(), `.${name}-`));
    try {
      await fill(partial);
      await rename(partial, dir);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
    return dir;
  });
}
