import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { template } from "./package.ts";
import { type ReleasedTemplate, released, updateProblems } from "./update.ts";

const file = new URL("../golden/template/released.json", import.meta.url);
const last = JSON.parse(readFileSync(file, "utf8")) as ReleasedTemplate;

test("the template deploys as an update of the last release's, and replaces or loses nothing that holds data", async () => {
  const current = await released(await template("production"));
  if (process.env["UPDATE_RELEASED_TEMPLATE"] === "1") {
    const lines = Object.entries(current).map(([id, resource]) => `  ${JSON.stringify(id)}: ${JSON.stringify(resource)}`);
    writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
  } else expect(updateProblems(last, current)).toEqual([]);
});

test("the last release's template holds the table, the pool, the bus, the API and the queues", () => {
  const types = new Set(Object.values(last).map(({ type }) => type));
  const expected = ["DynamoDB::Table", "Cognito::UserPool", "Events::EventBus", "ApiGatewayV2::Api", "SQS::Queue"];
  expect([...types]).toEqual(expect.arrayContaining(expected.map((type) => `AWS::${type}`)));
});

describe("the comparison", () => {
  const changed = (change: (copy: ReleasedTemplate) => void): string[] => {
    const copy = structuredClone(last);
    change(copy);
    return updateProblems(last, copy);
  };
  const set = (id: string, key: string, value: unknown) => (copy: ReleasedTemplate) => {
    const resource = copy[id];
    if (!resource) throw new Error(`no ${id}`);
    resource.fixed[key] = value;
  };
  const rename = (from: string, to: string) => (copy: ReleasedTemplate) => {
    const resource = copy[from];
    if (!resource) throw new Error(`no ${from}`);
    delete copy[from];
    copy[to] = resource;
  };
  const indexes = (last["Table"]?.fixed["GlobalSecondaryIndexes"] ?? []) as object[];

  test("finds nothing where nothing changed", () => expect(changed(() => {})).toEqual([]));
  test("finds a queue that is lost", () =>
    expect(changed((copy) => delete copy["DriftQueue"])).toEqual(["DriftQueue (AWS::SQS::Queue) is lost"]));
  test("finds a table that is replaced", () =>
    expect(changed(set("Table", "TableName", "other"))).toEqual(["Table (AWS::DynamoDB::Table) cannot be updated in place: TableName"]));
  test("finds an attribute of people that changes, which Cognito refuses", () =>
    expect(changed(set("UserPool", "Schema", []))).toEqual(["UserPool (AWS::Cognito::UserPool) cannot be updated in place: Schema"]));
  test("finds a role whose name goes to another logical id", () =>
    expect(changed(rename("SweepRole", "SweeperRole"))).toEqual([
      "SweepRole (AWS::IAM::Role) goes to SweeperRole under the name that it still has",
    ]));
  test("finds a rule whose name goes to another logical id", () =>
    expect(changed(rename("SbtRule", "ToolkitRule"))).toEqual([
      "SbtRule (AWS::Events::Rule) goes to ToolkitRule under the name that it still has",
    ]));
  test("finds a role that is replaced under the same name", () =>
    expect(changed(set("SweepRole", "Path", "/tenantry/"))).toEqual([
      "SweepRole (AWS::IAM::Role) is replaced under the name that it still has: Path",
    ]));
  test("lets one index come", () =>
    expect(changed(set("Table", "GlobalSecondaryIndexes", [...indexes, { IndexName: "new" }]))).toEqual([]));
  test("finds two changes of indexes in one update", () =>
    expect(changed(set("Table", "GlobalSecondaryIndexes", [...indexes.slice(1), { IndexName: "new" }]))).toHaveLength(1));
  test("finds an index that changes", () =>
    expect(changed(set("Table", "GlobalSecondaryIndexes", [{ ...indexes[0], Projection: {} }, ...indexes.slice(1)]))).toHaveLength(1));
});
