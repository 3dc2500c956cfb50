import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { cfnLint, checkov, type Finding } from "./linters.ts";
import { templateFile } from "./package.ts";
import { type Variant, variantNames } from "./variants.ts";

/** A linter's rule -> why its findings stay, in each template or only in that of the local stack. */
interface Exceptions {
  everywhere: Record<string, string>;
  local: Record<string, string>;
}
const exceptions = parse(readFileSync(new URL("exceptions.yml", import.meta.url), "utf8")) as Exceptions;
const excepted = (variant: Variant): Record<string, string> => ({
  ...exceptions.everywhere,
  ...(variant === "local" ? exceptions.local : {}),
});
const seen = new Set<string>();

// A first deployment differs by a value only.
const linted = variantNames.filter((variant) => variant !== "a first deployment");

describe.each(linted)("the template of the variant %s", (variant) => {
  // What checkov looks at is for real accounts.
  test.each([["cfn-lint", cfnLint] as const, ...(variant === "local" ? [] : [["checkov", checkov] as const])])(
    "has no finding of %s without a written reason",
    async (_name, lint: (template: string) => Promise<Finding[]>) => {
      const findings = await lint(await templateFile(variant));
      for (const { rule } of findings) seen.add(rule);
      const unexplained = findings.filter(({ rule }) => !excepted(variant)[rule]);
      expect(unexplained.map(({ rule, resource, message }) => `${rule} ${resource}: ${message}`)).toEqual([]);
    },
  );
});

test("every exception is of a rule that still finds something", () => {
  const written = [...Object.keys(exceptions.everywhere), ...Object.keys(exceptions.local)];
  expect(written.filter((rule) => !seen.has(rule))).toEqual([]);
});
