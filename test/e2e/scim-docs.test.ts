import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = new URL("../../", import.meta.url);
/** What a page says to type about SCIM on the local stack, in one go. */
function script(page: string): string {
  const text = readFileSync(new URL(`docs/identity/${page}.md`, root), "utf8");
  const blocks = [...text.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ""));
  return blocks.filter((block) => /^ *(curl -sS "\$TENANTRY_API_URL\/scim|.*\bscim\(\)|.*\bscim "?\/)/m.test(block)).join("\n");
}

const none = /^\{"schemas":\["urn:ietf:params:scim:api:messages:2.0:ListResponse"\],"totalResults":0,/;
const inactive = /^\{"schemas":\["urn:ietf:params:scim:schemas:core:2.0:User"\],"id":"[^"]+","active":false\}$/;

test.each([
  ["entra", [none, /^204$/, inactive, /^204$/, /^204$/, /^404$/, /^401$/]],
  ["okta", [none, inactive, /^204$/]],
])("docs/identity/%s.md: what it says to type does what it says", async (page, expected) => {
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script(page)], { cwd: root });
  const lines = stdout.trim().split("\n");
  expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)));
});
