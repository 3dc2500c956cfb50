import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { deployedAlarms } from "../../support/alarms.ts";

const names = Object.keys(await deployedAlarms());
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
