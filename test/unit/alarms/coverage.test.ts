import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { createRequire } from "node:module";
import { deployedAlarms } from "../../support/alarms.ts";

const alarms = await deployedAlarms();
const names = Object.keys(alarms);
/** Alarms that differ only in the queue or function that they watch are of one kind. */
const kinds = [
  ...new Set(names.map((name) => /(DeadLetters|Errors|QueueAge|Silence|ThrottleEvents|FailedInvocations)Alarm$/.exec(name)?.[0] ?? name)),
];

test("each kind of alarm is raised in a drill, or docs/operations.md says why it is not", () => {
  const drills = ["test/unit/alarms/drills.test.ts", "test/e2e/alarms.test.ts"].map((file) => readFileSync(file, "utf8")).join("\n");
  const [, notTried = ""] = /### What is not tried\n([\s\S]*?)\n##/.exec(readFileSync("docs/operations.md", "utf8")) ?? [];
  const isWithoutReason = (kind: string): boolean => !notTried.includes(`\`${kind}\``);
  expect(kinds.filter((kind) => !drills.includes(kind) && isWithoutReason(kind))).toEqual([]);
  expect(kinds.filter((kind) => drills.includes(kind) && !isWithoutReason(kind))).toEqual([]);
});

test("docs/operations.md says of each kind of alarm what to do", () => {
  const [, table = ""] = /## Alarms\n([\s\S]*?)\n##/.exec(readFileSync("docs/operations.md", "utf8")) ?? [];
  expect(kinds.filter((kind) => !table.includes(kind))).toEqual([]);
});

test("every rule, and every queue that a function reads, is watched by the name that it is deployed with", async () => {
  const queues = createRequire(import.meta.url)("../../../infra/queues.cjs") as (sls: {
    resolveVariable: (name: string) => Promise<string>;
  }) => Promise<{ Resources: Record<string, { Type: string; Properties: { Name?: string; RedrivePolicy?: object } }> }>;
  const settings: Record<string, string> = { "self:service": "tenantry", "sls:stage": "test", "param:eventSources": "signup" };
  const { Resources } = await queues({ resolveVariable: async (name) => settings[name] ?? "60" });
  const watched = Object.values(alarms).flatMap(({ Dimensions = [] }) => Dimensions.map(({ Value }) => JSON.stringify(Value)));
  for (const [resource, { Type, Properties }] of Object.entries(Resources)) {
    if (Type === "AWS::Events::Rule") expect(watched).toContain(JSON.stringify(Properties.Name));
    if (Type === "AWS::SQS::Queue") expect(watched).toContain(JSON.stringify({ "Fn::GetAtt": [resource, "QueueName"] }));
    if (Properties.RedrivePolicy !== undefined) expect(names).toContain(`${resource}AgeAlarm`);
  }
});

test("throttles of reads and of writes are watched, of the table and of each of its indexes", async () => {
  const { resources } = createRequire(import.meta.url)("../../../infra/table.cjs") as {
    resources: (sls: { resolveVariable: (name: string) => Promise<string> }) => Promise<{
      Resources: { Table: { Properties: { GlobalSecondaryIndexes: { IndexName: string }[] } } };
    }>;
  };
  const settings: Record<string, string> = { "param:dataRemoval": "Retain", "param:deletionProtection": "true" };
  const { Table } = (await resources({ resolveVariable: async (name) => settings[name] ?? "" })).Resources;
  const of = [undefined, ...Table.Properties.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)];
  const watched = Object.values(alarms)
    .filter(({ Namespace }) => Namespace === "AWS/DynamoDB")
    .map(({ MetricName, Dimensions = [] }) => [MetricName, Dimensions.find(({ Name }) => Name === "GlobalSecondaryIndexName")?.Value]);
  for (const metric of ["ReadThrottleEvents", "WriteThrottleEvents"])
    for (const index of of) expect(watched).toContainEqual([metric, index]);
});
