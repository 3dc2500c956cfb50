/**
 * Least privilege, shown: every action that infra/permissions.yml grants a function's own code is among the calls that
 * this run of the tests recorded. Runs after the tests, on their stack. What the Lambda service itself does under a
 * function's role (`service`) is not recorded by the embedded AWS: that is the written exception.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Aws } from "../local/aws/ministack.ts";
import { recordedCalls } from "../local/aws/recorded-calls.ts";

interface Permissions {
  functions: Record<string, { calls?: Record<string, string[]> } | null>;
  /** Granted, and not to be seen in a run of the tests: `<function> <action>` -> why. */
  unrecorded?: Record<string, string>;
}

const { functions, unrecorded = {} } = parse(readFileSync("infra/permissions.yml", "utf8"), { merge: true }) as Permissions;
const { AWS_ENDPOINT_URL: endpoint = "", AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = process.env;
const calls = await recordedCalls({ endpoint, credentials: { accessKeyId, secretAccessKey } } as Pick<
  Aws,
  "endpoint" | "credentials"
> as Aws);
const made = new Set(calls.map(({ functionKey, action }) => `${functionKey} ${action}`));
const granted = Object.entries(functions).flatMap(([key, grants]) =>
  Object.values(grants?.calls ?? {})
    .flat()
    .map((action) => `${key} ${action}`),
);
const unused = [...new Set(granted)].filter((grant) => !made.has(grant) && unrecorded[grant] === undefined);
const outdated = Object.keys(unrecorded).filter((grant) => made.has(grant) || !granted.includes(grant));
for (const grant of unused) console.log(`  granted and never used: ${grant}`);
for (const grant of outdated) console.log(`  an exception that is none any more: ${grant}`);
console.log(`  ${granted.length} grants, ${calls.length} recorded calls`);
process.exitCode = granted.length > 0 && calls.length > 0 && unused.length === 0 && outdated.length === 0 ? 0 : 1;
