import { run } from "../../local/commands.ts";
import type { Tally } from "../support/tally.ts";
import type { ClientRun } from "./python.ts";

interface Checked {
  check: string;
  status: "SUCCESS" | "ERROR" | "SKIPPED" | string;
  reason: string;
}

/** scim2-tester 0.5 makes so many checks of this server: fewer would mean that it gave up early. */
const CHECKS = 133;

/** Each check of scim2-tester is one of ours. One that is passed over has failed: everything that it asks for is there. */
export async function scimTester({ python, env }: ClientRun, tally: Tally): Promise<void> {
  const start = performance.now();
  const said = await run(python, ["test/clients/scim_tester.py", `${env["TENANTRY_API_URL"]}/scim/v2`], {
    env: { ...process.env, ...env },
    timeout: 300_000,
  });
  const checks = said
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Checked);
  for (const { check, status, reason } of checks) {
    if (status === "SUCCESS") tally.passes += 1;
    else tally.failed(`scim2-tester: ${check}`, `${status} ${reason}`);
  }
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  if (checks.length < CHECKS) tally.failed("scim2-tester made all its checks", `${checks.length} of ${CHECKS}`);
  else console.log(`✓ scim2-tester: ${checks.length} checks (${seconds} s)`);
}
