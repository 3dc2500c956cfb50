import { homedir } from "node:os";
import { join, resolve } from "node:path";

export const projectDir = resolve(import.meta.dirname, "..");

/** What one checkout's stack leaves for others to read. */
export const localDir = join(projectDir, ".local");

/** Shared by every checkout of this user; each entry's name carries its version. */
export function cacheDir(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return process.env["TENANTRY_CACHE"] ?? join(base, "tenantry");
}

export const binDir = join(projectDir, "node_modules", ".bin");
