import { type ChildProcess, type ExecFileOptions, execFile } from "node:child_process";

const running = new Set<ChildProcess>();

/** Runs a command to its end and answers its standard output; a failure carries the last lines of what it said. */
export function run(command: string, args: string[], options: ExecFileOptions & { input?: string } = {}): Promise<string> {
  const { input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { maxBuffer: 64 << 20, ...rest, encoding: "utf8" }, (error, stdout, stderr) => {
      running.delete(child);
      if (!error) return resolve(stdout as string);
      const said = `${stdout}${stderr}`.trimEnd().split("\n").slice(-12).join("\n  ");
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      reject(new Error(missing ? `${command} is not installed` : `${command} ${args.join(" ")} failed\n  ${said}`));
    });
    running.add(child);
    child.stdin?.end(input ?? "");
  });
}

/** Ends the commands that still run, when we stop in the middle. */
export function endCommands(): void {
  for (const child of running) child.kill("SIGTERM");
}
