import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tally } from "../support/tally.ts";
import type { ClientRun } from "./python.ts";

/** What Schemathesis reports of a run. */
interface Report {
  complete: boolean;
  stop_reason: string;
  operations: { total: number; selected: number; tested: number; errored: number };
  test_cases: { generated: number };
  failures: { title: string; operations: string[] }[];
  errors: unknown[];
}

/** It is killed then, milliseconds; a run takes about a third of it. */
const LONGEST_MS = 480_000;

/** Each operation of the contract is one of ours: it passes where Schemathesis finds nothing there. What it finds it prints itself. */
export async function schemathesis({ python, dir, env, signal }: ClientRun, tally: Tally): Promise<void> {
  const report = join(dir, "schemathesis.json");
  const args = ["--config-file", "test/clients/schemathesis.toml", "run", "docs/openapi.json"];
  const options = ["--url", env["TENANTRY_API_URL"] ?? "", "--no-color", "--report", "json", "--report-json-path", report];
  const child = spawn(python, ["-m", "schemathesis.cli", ...args, ...options], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: "1" },
    signal,
    timeout: LONGEST_MS,
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (!existsSync(report)) return tally.failed("Schemathesis", `it ended with code ${code} and no report`);
  const { complete, stop_reason, operations, test_cases, failures, errors } = JSON.parse(readFileSync(report, "utf8")) as Report;
  const found = new Set(failures.flatMap((failure) => failure.operations));
  for (const { title, operations: where } of failures) for (const operation of where) tally.failed(`Schemathesis: ${operation}`, title);
  tally.passes += Math.max(0, operations.tested - found.size);
  if (!complete) tally.failed("Schemathesis went through the contract", stop_reason);
  if (operations.tested < operations.total)
    tally.failed("Schemathesis tested each operation", `${operations.tested} of ${operations.total}`);
  for (const error of errors) tally.failed("Schemathesis could make its requests", JSON.stringify(error));
  if (code !== 0 && failures.length + errors.length === 0) tally.failed("Schemathesis", `it ended with code ${code}`);
  console.log(`Schemathesis: ${operations.tested} operations, ${test_cases.generated} requests`);
}
