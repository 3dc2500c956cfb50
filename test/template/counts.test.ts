import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { template } from "./package.ts";

const file = new URL("../../docs/deploy.md", import.meta.url);

test("docs/deploy.md counts what the stack is made of: `UPDATE_GOLDEN=1 npm run test:template` writes it", async () => {
  const types = Object.values((await template("production")).Resources).map(({ Type }) => Type);
  const count = (type: string): number => types.filter((one) => one === type).length;
  const rows = [
    ["functions", count("AWS::Lambda::Function")],
    ["queues, dead letters included", count("AWS::SQS::Queue")],
    ["rules of the bus and schedules", count("AWS::Events::Rule")],
    ["routes of the API (300 at most)", count("AWS::ApiGatewayV2::Route")],
    ["alarms", count("AWS::CloudWatch::Alarm")],
    ["resources in all (500 at most)", types.length],
  ];
  const table = ["| | |", "|---|---|", ...rows.map(([what, number]) => `| ${what} | ${number} |`)].join("\n");
  const text = readFileSync(file, "utf8");
  const section = /(<!-- counts: .* -->\n)[\s\S]*?(<!-- \/counts -->)/;
  expect(text).toMatch(section);
  const current = text.replace(section, (_all, start: string, end: string) => `${start}${table}\n${end}`);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, current);
  else expect(text).toBe(current);
});
