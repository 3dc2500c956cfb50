import { describe, expect, test } from "@jest/globals";
import { listOf, type Statement } from "./authorisation.ts";
import { type Template, template } from "./package.ts";
import { variantNames } from "./variants.ts";

const OWN = { "Fn::Sub": `\${AWS::AccountId}/\${AWS::Region}/tenantry-prod` };

const statementsOf = ({ Resources }: Template, role: string): Statement[] =>
  ((Resources[role]?.Properties?.["Policies"] ?? []) as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );
const granting = (made: Template, role: string, action: string): Statement[] =>
  statementsOf(made, role).filter(({ Effect, Action }) => Effect === "Allow" && listOf(Action).includes(action));
const functionsOf = ({ Resources }: Template) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::Lambda::Function") as unknown as [
    string,
    { Properties: { Environment: { Variables: Record<string, unknown> }; ReservedConcurrentExecutions?: number } },
  ][];

describe("Access entries", () => {
  test("are made nowhere unless a parameter names the cluster", async () => {
    const calls = statementsOf(await template("production"), "AccessRole").flatMap(({ Action }) => listOf(Action));
    expect(calls.filter((action) => action.startsWith("eks:"))).toEqual([]);
  });

  test("are made in the clusters named only, of type STANDARD, without groups, and with this installation's tag", async () => {
    const made = await template("production with every parameter");
    expect(granting(made, "AccessRole", "eks:CreateAccessEntry")).toEqual([
      {
        Effect: "Allow",
        Action: ["eks:CreateAccessEntry"],
        Resource: ["shared-eu-1", "shared-eu-2"].map((name) => ({
          "Fn::Sub": `arn:\${AWS::Partition}:eks:*:\${AWS::AccountId}:cluster/${name}`,
        })),
        Condition: {
          Null: { "eks:kubernetesGroups": "true" },
          StringEquals: { "eks:accessEntryType": "STANDARD", "aws:RequestTag/tenantry:installation": OWN },
        },
      },
    ]);
  });

  test.each(["eks:UpdateAccessEntry", "eks:DeleteAccessEntry"])("of others, or with groups, are out of reach of %s", async (action) => {
    const [statement, ...others] = granting(await template("production with every parameter"), "AccessRole", action);
    expect(others).toEqual([]);
    expect(statement?.Condition).toEqual({
      Null: { "eks:kubernetesGroups": "true" },
      StringEquals: { "aws:ResourceTag/tenantry:installation": OWN },
    });
    expect(JSON.stringify(statement?.Resource)).not.toContain("access-entry/*");
  });

  test("get no other tag than this installation's", async () => {
    const [statement] = granting(await template("production with every parameter"), "AccessRole", "eks:TagResource");
    expect(JSON.stringify(statement?.Resource)).not.toMatch(/cluster\/|access-entry\/\*/);
    expect(statement?.Condition).toEqual({
      StringEquals: { "aws:RequestTag/tenantry:installation": OWN },
      "ForAllValues:StringEquals": { "aws:TagKeys": ["tenantry:installation"] },
    });
  });
});

describe("Two stacks", () => {
  test.each(variantNames)("have installations of their own, by account, region and stage (%s)", async (variant) => {
    const stage = variant === "local" ? "local" : "prod";
    const installations = functionsOf(await template(variant)).flatMap(
      ([, { Properties }]) => Properties.Environment.Variables["INSTALLATION"] ?? [],
    );
    expect(installations.length).toBeGreaterThan(5);
    for (const installation of installations)
      expect(installation).toEqual({ "Fn::Sub": `\${AWS::AccountId}/\${AWS::Region}/tenantry-${stage}` });
  });

  test("read no secrets of each other's stage", async () => {
    const made = await template("production");
    const secrets = ["WebhooksApiRole", "ScimApiRole", "IdentityCompareRole"].flatMap((role) =>
      ["secretsmanager:GetSecretValue", "ssm:GetParameter"].flatMap((action) =>
        granting(made, role, action).flatMap(({ Resource }) => Resource),
      ),
    );
    expect(secrets).toHaveLength(6);
    for (const secret of secrets) expect(JSON.stringify(secret)).toMatch(/:(secret:|parameter\/)tenantry\/prod\/\*\/\w+(-\*)?"/);
  });
});

describe("Open routes", () => {
  test.each(["production", "production with every parameter"] as const)("are each limited, after they are there (%s)", async (variant) => {
    const { Resources } = await template(variant);
    const open = Object.entries(Resources).filter(
      ([, { Type, Properties }]) => Type === "AWS::ApiGatewayV2::Route" && Properties?.["AuthorizationType"] !== "JWT",
    );
    const stage = Resources["HttpApiStage"] as unknown as { DependsOn: string[]; Properties: { RouteSettings: Record<string, object> } };
    expect(Object.keys(stage.Properties.RouteSettings).sort()).toEqual(open.map(([, { Properties }]) => Properties?.["RouteKey"]).sort());
    for (const settings of Object.values(stage.Properties.RouteSettings)) expect(settings).toHaveProperty("ThrottlingRateLimit");
    expect(stage.DependsOn).toEqual(expect.arrayContaining(open.map(([id]) => id)));
  });

  test.each([
    ["WebhooksApiRole", "WEBHOOK#*"],
    ["ScimApiRole", "IDP#*"],
  ])("the role %s reaches only items of the table whose key is %s", async (role, keys) => {
    const onTable = statementsOf(await template("production"), role).filter(({ Resource }) =>
      JSON.stringify(Resource).includes(`\${Table.Arn}"`),
    );
    expect(onTable.map(({ Condition }) => Condition)).toEqual([{ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [keys] } }]);
  });

  test("have executions of their own where a parameter says so", async () => {
    const reserved = async (variant: (typeof variantNames)[number]) =>
      functionsOf(await template(variant)).flatMap(([id, { Properties }]) => {
        const { ReservedConcurrentExecutions: executions } = Properties;
        return executions === undefined ? [] : [[id, executions]];
      });
    expect(await reserved("production")).toEqual([]);
    expect(await reserved("production with every parameter")).toEqual([
      ["WebhooksDashapiLambdaFunction", 20],
      ["ScimDashapiLambdaFunction", 20],
    ]);
  });
});

test("In a VPC, Lambda may make network interfaces for a function, and the function's own code may not", async () => {
  const made = await template("production with every parameter");
  const [allowed] = granting(made, "SweepRole", "ec2:CreateNetworkInterface");
  expect(allowed?.Action).toEqual(expect.arrayContaining(["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]));
  const denied = functionsOf(made).map(([id]) => {
    const { Role, FunctionName } = (made.Resources[id]?.Properties ?? {}) as { Role: { "Fn::GetAtt": [string] }; FunctionName: string };
    const statements = statementsOf(made, Role["Fn::GetAtt"][0]).filter(({ Effect }) => Effect === "Deny");
    return statements.some(
      ({ Action, Condition }) =>
        listOf(Action).includes("ec2:CreateNetworkInterface") && JSON.stringify(Condition).includes(`function:${FunctionName}"`),
    );
  });
  expect(denied.length).toBeGreaterThan(20);
  expect(denied).not.toContain(false);
});
