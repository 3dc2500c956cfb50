import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { incomingEvents } from "../../events/in/registry.ts";
import { outgoingEvents } from "../../events/out/registry.ts";
import { errorCodes } from "../../shared/domain/errors.ts";
import { problems } from "../../shared/http/problem.ts";
import { routes } from "../../shared/http/routes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = globSync("**/*.md", { cwd: root, exclude: (name) => ["node_modules", ".local", ".serverless"].includes(String(name)) });

/** What a reader's browser makes of a heading, as GitHub does. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const withoutCode = (text: string): string => text.replace(/^ {4}.*$|```[\s\S]*?```|`[^`\n]*`/gm, "");
const anchorsOf = (text: string): string[] => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

describe("links", () => {
  test("there are documents to look at", () => expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/deploy.md"])));

  test.each(documents)("of %s lead to a file, and to a heading in it", (path) => {
    const targets = [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? path : join(dirname(path), file);
      if (!existsSync(join(root, there))) return true;
      return anchor !== undefined && !anchorsOf(read(there)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  test("explains every parameter of serverless.yml, and no other", () => {
    const { params } = parse(read("serverless.yml"), { logLevel: "silent" }) as { params: { default: Record<string, unknown> } };
    const [, table = ""] = /\| parameter \| default \|[\s\S]*?\n((?:\|.*\n)+)/.exec(read("docs/deploy.md")) ?? [];
    const explained = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(Object.keys(params.default));
  });

  test("names an endpoint for each service that functions in private subnets call", () => {
    const { functions } = parse(read("infra/permissions.yml"), { merge: true }) as {
      functions: Record<string, { calls?: Record<string, string[]> } | null>;
    };
    const called = Object.values(functions).flatMap((grants) =>
      Object.values(grants?.calls ?? {})
        .flat()
        .map((action) => action.split(":")[0]),
    );
    const [, section = ""] = /## 5\. Private endpoints\n([\s\S]*?)\n## /.exec(read("docs/deploy.md")) ?? [];
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    // The stores of secrets ask KMS themselves.
    const needed = [...new Set(called)].filter((service) => service !== "kms");
    expect(needed).toEqual(expect.arrayContaining(["dynamodb", "secretsmanager", "ssm"]));
    expect(needed.filter((service) => !rows.some((row) => row.includes(`\`${service}\``)))).toEqual([]);
  });

  test("trusts the role of each function that may assume a cluster's role, in a policy of IAM's length", () => {
    const { functions } = parse(read("infra/permissions.yml"), { merge: true }) as {
      functions: Record<string, { calls?: Record<string, unknown> } | null>;
    };
    const [, document = ""] = /cat > trust\.json <<'JSON'\n([\s\S]*?)\n +JSON/.exec(read("docs/deploy.md")) ?? [];
    const [statement] = JSON.parse(document).Statement;
    const pattern: string = statement.Condition.ArnLike["aws:PrincipalArn"];
    const trusted = new RegExp(`^${pattern.replaceAll("*", "[^/]+")}$`);
    const assuming = Object.keys(functions).filter((key) => functions[key]?.calls?.["clusterRoles"]);
    expect(assuming.length).toBeGreaterThan(10);
    for (const key of assuming) expect(`arn:aws:iam::111122223333:role/tenantry-prod-${key}-eu-central-1`).toMatch(trusted);
    expect(pattern).not.toMatch(/role\/\*/);
    // IAM takes 2,048 characters, white space apart: two stages and more fit.
    expect(document.replace(/\s/g, "").length).toBeLessThan(1_024);
  });
});

describe("docs/api.md", () => {
  const text = read("docs/api.md");

  test("has every error of the registry, with its status: `UPDATE_GOLDEN=1 npm run test:unit` writes the table", () => {
    const rows = Object.entries(problems).map(([code, { status, title }]) => {
      const again = errorCodes[code as keyof typeof errorCodes].retryable ? "yes" : "";
      return `| \`${code}\` | ${status} | ${title} | ${again} |`;
    });
    const table = ["| code | status | | again |", "|---|---|---|---|", ...rows].join("\n");
    const section = /(<!-- errors: .* -->\n)[\s\S]*?(<!-- \/errors -->)/;
    const current = text.replace(section, (_all, start: string, end: string) => `${start}${table}\n${end}`);
    expect(text).toMatch(section);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(join(root, "docs/api.md"), current);
    else expect(text).toBe(current);
  });

  test.each(routes.map(({ method, path }) => [method, path]))("has the call %s %s", (method, path) => {
    const last = path.replace(/^.*(?=\/)/, "");
    const row = text.split("\n").find((line) => line.includes(`\`${method} `) && (line.includes(path) || line.includes(`...${last}\``)));
    expect(row).toBeDefined();
  });

  test.each(Object.keys({ ...incomingEvents, ...outgoingEvents }))("has the event %s", (type) => {
    expect(text).toContain(`| \`${type}\` |`);
  });
});

test("README.md explains every variable of .local/stack.env", () => {
  const sources = ["local/aws/deploy.ts", "local/stack.ts"].map(read).join("\n");
  const written = new Set([...sources.matchAll(/^ +((?:TENANTRY|AWS)_[A-Z_]+|KUBECONFIG): /gm)].map(([, name = ""]) => name));
  expect([...written]).toEqual(expect.arrayContaining(["TENANTRY_API_URL", "KUBECONFIG", "AWS_REGION"]));
  const table = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  for (const name of written) expect(table.join("\n")).toContain(`\`${name}\``);
});

test("README.md lists nothing as not there yet that a route or an event asks for", () => {
  const [, section = ""] = /## What is not there yet\n([\s\S]*?)\n## /.exec(read("README.md")) ?? [];
  const missing = [...section.matchAll(/\*\*(.+?)\*\*/g)].flatMap(([, name = ""]) => name.toLowerCase().match(/[a-z]+/g) ?? []);
  expect(missing).toEqual(expect.arrayContaining(["hibernation", "templates", "backups"]));
  const operations = routes.flatMap(({ path }) => /[}/]([a-z]+)$/.exec(path)?.slice(1) ?? []);
  const handled = Object.keys(incomingEvents).flatMap((type) => (type.match(/[A-Z][a-z]+/g) ?? []).slice(1, -1));
  const areas = globSync("functions/*/", { cwd: root }).map((folder) => folder.replace(/^functions\W|\W$/g, ""));
  // By their first letters, so that "suspension" is "suspend".
  const there = [...operations, ...handled, ...areas].map((word) => word.toLowerCase().replace(/e?s?$/, "").slice(0, 6));
  const nouns = ["tenant", "cluste"];
  expect(there).toEqual(expect.arrayContaining(["suspen", "paus", "onboar", "drift", "revisi"]));
  expect(missing.filter((word) => there.some((stem) => !nouns.includes(stem) && word.startsWith(stem)))).toEqual([]);
});
