import { existsSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { run } from "./commands.ts";
import { type Log, messageOf, UserError, withHeartbeat } from "./log.ts";

export interface PythonEnvironment {
  /** Names the cache entry, so it must say the versions: `ministack-1.5.33`. */
  name: string;
  /** What is installed, for the log. */
  title: string;
  /** Requirements as pip takes them, each with its version: `ministack==1.5.33`. */
  packages: readonly string[];
  /** The least Python version that the packages work with. */
  minimum?: readonly [number, number];
}

/** @throws UserError where no Python of at least `minimum` with `venv` is found */
async function findPython(minimum: readonly [number, number]): Promise<string> {
  const seen: string[] = [];
  for (const python of [process.env["PYTHON"], "python3", "python"]) {
    if (!python) continue;
    try {
      const said = await run(python, ["-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"]);
      const [major = 0, minor = 0] = said.trim().split(" ").map(Number);
      if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return python;
      seen.push(`${python} is ${major}.${minor}`);
    } catch (error) {
      seen.push(messageOf(error).split("\n").at(-1)?.trim() ?? python);
    }
  }
  throw new UserError(
    `Python >= ${minimum.join(".")} with venv is needed (${seen.join("; ")}). Remedy: install it (on Debian and Ubuntu also python3-venv), or point PYTHON at it.`,
  );
}

/**
 * The interpreter of a virtual environment in the cache, outside the checkout, made first if it is not there yet.
 * A virtual environment's scripts hold absolute paths, so its programs are started as `python -m <module>`.
 */
export async function pythonEnvironment({ name, title, packages, minimum = [3, 10] }: PythonEnvironment, log: Log): Promise<string> {
  const dir = await cached(name, log, async (partial) => {
    const python = await findPython(minimum);
    await withHeartbeat(log, `installing ${title}`, async () => {
      log(`installing ${title}`);
      await run(python, ["-m", "venv", partial]);
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
      await run(join(partial, "bin", "python"), pip).catch((error: unknown) => {
        throw new UserError(`cannot install ${title}: ${messageOf(error)}. Remedy: give pip a way to a package index.`);
      });
    });
  });
  const python = join(dir, "bin", "python");
  if (!existsSync(python)) throw new UserError(`${dir} is broken. Remedy: delete it and start again.`);
  return python;
}
