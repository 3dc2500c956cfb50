import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";

interface Declared {
  maximumEventAge?: number;
  maximumRetryAttempts?: number;
  events?: object[];
}
const { functions } = parse(readFileSync("serverless.yml", "utf8"), { merge: true, logLevel: "silent" }) as {
  functions: Record<string, Declared>;
};

test("a schedule's run that could not be made is neither kept for hours nor made twice", () => {
  const scheduled = Object.entries(functions).filter(([, { events = [] }]) => events.some((event) => "schedule" in event));
  expect(scheduled.length).toBeGreaterThanOrEqual(5);
  for (const [name, { maximumEventAge, maximumRetryAttempts }] of scheduled)
    expect({ name, maximumEventAge, maximumRetryAttempts }).toEqual({ name, maximumEventAge: 60, maximumRetryAttempts: 0 });
});

test("every rule of the bus has a queue for what it cannot deliver", async () => {
  const queues = createRequire(import.meta.url)("../../../infra/queues.cjs") as (sls: {
    resolveVariable: (name: string) => Promise<string>;
  }) => Promise<{ Resources: Record<string, { Type: string; Properties: { Targets?: { DeadLetterConfig?: object }[] } }> }>;
  const { Resources } = await queues({ resolveVariable: async (name) => (name === "param:eventSources" ? "signup" : "60") });
  const targets = Object.values(Resources).flatMap(({ Type, Properties }) =>
    Type === "AWS::Events::Rule" ? (Properties.Targets ?? []) : [],
  );
  expect(targets.length).toBeGreaterThanOrEqual(8);
  for (const target of targets) expect(target.DeadLetterConfig).toBeDefined();
});
