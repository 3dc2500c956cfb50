import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";

const { functions } = parse(readFileSync("serverless.yml", "utf8"), { merge: true, logLevel: "silent" }) as {
  functions: Record<string, { environment: Record<string, string>; events?: { sqs?: { arn: string } }[] }>;
};

/** The queue that a function reads. */
const readBy = (name: string): string | undefined => functions[name]?.events?.flatMap(({ sqs }) => sqs?.arn ?? [])[0]?.replace(".Arn", "");

test("what a worker hands back goes to the queue that it reads", () => {
  for (const name of ["reconcile", "reconcile-bulk"]) expect(functions[name]?.environment["RECONCILE_QUEUE_URL"]).toBe(readBy(name));
  expect(readBy("reconcile")).not.toBe(readBy("reconcile-bulk"));
});
