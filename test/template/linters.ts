import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../local/commands.ts";
import { localDir } from "../../local/paths.ts";
import { pythonEnvironment } from "../../local/python.ts";
import { versions } from "../../local/versions.ts";

export interface Finding {
  /** The rule's id, as `E3002` of cfn-lint or `CKV_AWS_27` of checkov. */
  rule: string;
  /** The resource's logical id; none where the finding is about the whole template. */
  resource: string;
  message: string;
}

/** The interpreter of the virtual environment that holds both linters. */
export const lintersPython = (): Promise<string> =>
  pythonEnvironment(
    {
      name: `template-linters-${versions.cfnLint}-${versions.checkov}`,
      title: `cfn-lint ${versions.cfnLint} and checkov ${versions.checkov}`,
      packages: [`cfn-lint==${versions.cfnLint}`, `checkov==${versions.checkov}`],
    },
    (line) => process.stderr.write(`${line}\n`),
  );

/** Keeps what a linter's version said of a template, by the template's hash. */
async function kept(linter: string, template: string, lint: () => Promise<Finding[]>): Promise<Finding[]> {
  const hash = createHash("sha256").update(readFileSync(template)).digest("hex").slice(0, 16);
  const file = join(localDir, "templates", `${linter}-${hash}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Finding[];
  const findings = await lint();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(findings));
  return findings;
}

/** Calls a linter. It ends with a code of its own where it found something: what it prints decides. */
const program = async (imports: string, call: string, args: string[]): Promise<string> =>
  await run(await lintersPython(), ["-c", `${imports}\ntry: ${call}\nexcept SystemExit: pass`, ...args]);

interface CfnLintMatch {
  Rule: { Id: string };
  Message: string;
  Location: { Path?: (string | number)[] };
}

/** Errors, warnings and, of the informational rules, whether the resources of a statement fit its actions (I3510). */
export const cfnLint = (template: string): Promise<Finding[]> =>
  kept(`cfn-lint-${versions.cfnLint}`, template, async () => {
    const args = ["--format", "json", "--regions", "eu-central-1", "us-east-1", "--include-checks", "I3510", "--template", template];
    const matches = JSON.parse(await program("from cfnlint.runner import main", "main()", args)) as CfnLintMatch[];
    return matches.map(({ Rule, Message, Location: { Path = [] } }) => ({
      rule: Rule.Id,
      resource: String(Path[1] ?? ""),
      message: Message,
    }));
  });

interface CheckovReport {
  summary: { parsing_errors: number; resource_count: number };
  results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
}

export const checkov = (template: string): Promise<Finding[]> =>
  kept(`checkov-${versions.checkov}`, template, async () => {
    const args = ["-f", template, "--framework", "cloudformation", "--skip-download", "--quiet", "--output", "json"];
    const { summary, results } = JSON.parse(await program("from checkov.main import Checkov", "Checkov().run()", args)) as CheckovReport;
    if (summary.parsing_errors > 0 || summary.resource_count === 0) throw new Error(`checkov cannot read ${template}`);
    return results.failed_checks.map(({ check_id, check_name, resource }) => ({
      rule: check_id,
      resource: resource.replace(/^.*\./, ""),
      message: check_name,
    }));
  });
