import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type Command, judge, legality, type Standing } from "../../../shared/domain/lifecycle.ts";
import { problems } from "../../../shared/http/problem.ts";
import { aDesired, aTenant } from "../../support/builders.ts";

const file = new URL("../../../docs/legality.md", import.meta.url);
const standings = Object.keys(legality.onboard) as Standing[];
const cell = (verdict: (typeof legality)[Command][Standing]): string =>
  verdict === "legal" ? "yes" : verdict === "settled" ? "already so" : `${problems[verdict].status} \`${verdict}\``;

const rendered = `# What may be asked of a tenant, and when

A command is judged on what the record asks for, never on the passing phase. *Already so* changes nothing and answers the tenant as it
stands. A refusal names the tenant's standing and the command.

| command | ${standings.join(" | ")} |
|---|${standings.map(() => "---|").join("")}
${Object.entries(legality)
  .map(([command, verdicts]) => `| ${command} | ${standings.map((standing) => cell(verdicts[standing])).join(" | ")} |`)
  .join("\n")}
`;

test("docs/legality.md is the table of the code (UPDATE_GOLDEN=1 writes it)", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, rendered);
  expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(rendered);
});

const examples: Record<Standing, ReturnType<typeof aTenant> | undefined> = {
  Absent: undefined,
  Active: aTenant(),
  Suspended: aTenant({ desired: aDesired({ suspended: true }) }),
  Deleting: aTenant({ desired: aDesired({ state: "Deleted" }) }),
  Deleted: aTenant({
    desired: aDesired({ state: "Deleted" }),
    status: { observedGeneration: 1, conditions: [], applied: {}, deletedAt: "2030-01-01T00:00:00.000Z" },
  }),
};

describe.each(Object.keys(legality) as Command[])("%s", (command) => {
  test.each(standings)("of a tenant that is %s is judged as the table says", (standing) => {
    const verdict = legality[command][standing];
    if (verdict === "legal" || verdict === "settled") expect(judge(command, "acme", examples[standing])).toBe(verdict);
    else
      expect(() => judge(command, "acme", examples[standing])).toThrow(
        new RegExp(`"acme".*"${command === "tearDown" ? "decommission" : command}"`),
      );
  });
});
