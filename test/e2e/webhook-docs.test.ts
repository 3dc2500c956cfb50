import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = new URL("../../", import.meta.url);
/** The indented blocks of a page that call the local stack's webhooks. */
const blocks = (page: string): string[] =>
  [...readFileSync(new URL(`docs/identity/${page}.md`, root), "utf8").matchAll(/(?:^ {4}.*\n)+/gm)]
    .map(([block]) => block.replace(/^ {4}/gm, ""))
    .filter((block) => block.includes("$TENANTRY_API_URL/webhooks/"));
const run = async (script: string): Promise<string> =>
  (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: root })).stdout.trim();

test.each([
  ["standard-webhooks", ["204"]],
  ["okta", ['{"verification":"abc"}', "204"]],
  ["workos", ["204"]],
  ["auth0", ["204"]],
  ["keycloak", ["204"]],
])("docs/identity/%s.md: what it says to type does what it says", async (page, answers) => {
  const answered = [];
  for (const block of blocks(page)) answered.push(await run(block));
  expect(answered).toEqual(answers);
});
