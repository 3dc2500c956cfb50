// The door to every npm script: plain JavaScript that the machine's own Node runs. It installs what a fresh clone lacks
// and then runs the given TypeScript file on the Node that the project pins.
//
//   node local/run.mjs local/start.ts [arguments]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const projectDir = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(projectDir, "node_modules");
const pinnedNode = join(modules, ".bin", "node");

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old. Remedy: install Node >= 20.19 (https://nodejs.org).`);
}
if (process.platform === "win32") fail("Windows is not supported. Remedy: use WSL 2.");

const lockHash = () =>
  createHash("sha256")
    .update(readFileSync(join(projectDir, "package-lock.json")))
    .digest("hex");
const hashFile = join(modules, ".tenantry-installed");

function installed() {
  if (!existsSync(pinnedNode)) return false;
  if (existsSync(hashFile)) return readFileSync(hashFile, "utf8") === lockHash();
  // Installed by hand: npm's own record tells whether it was before or after the lock file changed.
  const record = join(modules, ".package-lock.json");
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(projectDir, "package-lock.json")).mtimeMs;
}

/** One install at a time in a checkout. The lock names its process, so a crash does not hold it for ever. */
function withInstallLock(work) {
  const lock = join(projectDir, ".local", "install.lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    try {
      process.kill(Number(readFileSync(lock, "utf8")), 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    } catch (error) {
      if (error.code === "ESRCH" || error.code === "ENOENT") rmSync(lock, { force: true });
      else throw error;
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function install() {
  if (installed()) return;
  console.log("installing the project's packages (npm install)");
  const npm = process.env.npm_execpath;
  const [command, ...prefix] = npm ? [process.execPath, npm] : ["npm"];
  const result = spawnSync(command, [...prefix, "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: projectDir,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.error) fail(`npm does not start (${result.error.message}). Remedy: install npm.`);
  if (result.status !== 0) fail("npm install failed (see above). Remedy: give npm a way to a registry, then start again.");
  const version = spawnSync(pinnedNode, ["--version"], { encoding: "utf8" });
  if (version.status !== 0)
    fail("the project's own Node did not install. Remedy: `npm rebuild node` (npm must be allowed to run its install script).");
  writeFileSync(hashFile, lockHash());
}

if (!installed()) withInstallLock(install);

const child = spawn(pinnedNode, process.argv.slice(2), { cwd: projectDir, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.once("error", (error) => fail(error.message));
child.once("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else process.exit(code ?? 1);
});
