// One role a function, made from permissions.yml: the actions named there, on the resources named there, and no more.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { pascalCase } = require("./names.cjs");
const { list } = require("./parameters.cjs");
const { streamArn, tableArn } = require("./table.cjs");

const { functions, wildcards } = parse(readFileSync(join(__dirname, "permissions.yml"), "utf8"), { merge: true });

const arnOf = (name) => ({ "Fn::GetAtt": [name, "Arn"] });
const sub = (text) => (text.includes("${") ? { "Fn::Sub": text } : text);
const regional = (service) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}`;
const eks = (what) => sub(`arn:\${AWS::Partition}:eks:*:\${AWS::AccountId}:${what}`);

// What config/tenantry.ts names `tenantry/{stage}/<provider>/<use>`. Secrets Manager puts six characters of its own behind a name.
const secretArns = (use, stage) => [sub(`${regional("secretsmanager")}:secret:tenantry/${stage}/*/${use}-*`)];
const parameterArns = (use, stage) => [sub(`${regional("ssm")}:parameter/tenantry/${stage}/*/${use}`)];

/** The ARNs behind each name of permissions.yml. */
const resourceArns = ({ stage, tableArn, tableStream, clusterRoleArns, accessEntryClusters, secretsKeyArns }) => {
  // access-entry/<cluster>/<user or role>/<account>/<name>/<id>. The embedded AWS judges calls about an entry by their cluster.
  const entries = accessEntryClusters.map((name) => eks(stage === "local" ? `cluster/${name}` : `access-entry/${name}/*`));
  return {
    table: [tableArn()],
    webhookItems: [tableArn()],
    directoryItems: [tableArn()],
    dueIndex: [tableArn("/index/due")],
    clusterIndex: [tableArn("/index/cluster")],
    listIndex: [tableArn("/index/list")],
    userIndex: [tableArn("/index/user")],
    tableStream: [tableStream],
    allStreams: ["*"],
    bus: [arnOf("Bus")],
    onboardingQueue: [arnOf("OnboardingQueue")],
    onboardingDeadLetters: [arnOf("OnboardingDeadLetters")],
    quotaQueue: [arnOf("QuotaQueue")],
    quotaDeadLetters: [arnOf("QuotaDeadLetters")],
    lifecycleQueue: [arnOf("LifecycleQueue")],
    lifecycleDeadLetters: [arnOf("LifecycleDeadLetters")],
    teardownQueue: [arnOf("TeardownQueue")],
    teardownDeadLetters: [arnOf("TeardownDeadLetters")],
    grantsQueue: [arnOf("GrantsQueue")],
    grantsDeadLetters: [arnOf("GrantsDeadLetters")],
    accessQueue: [arnOf("AccessQueue")],
    accessDeadLetters: [arnOf("AccessDeadLetters")],
    sbtQueue: [arnOf("SbtQueue")],
    sbtDeadLetters: [arnOf("SbtDeadLetters")],
    reconcileQueue: [arnOf("ReconcileQueue")],
    reconcileBulkQueue: [arnOf("ReconcileBulkQueue")],
    driftQueue: [arnOf("DriftQueue")],
    outboxDeadLetters: [arnOf("OutboxDeadLetters")],
    clusterRoles: clusterRoleArns.map(sub),
    webhookSecrets: secretArns("webhook", stage),
    webhookParameters: parameterArns("webhook", stage),
    scimSecrets: secretArns("scim", stage),
    scimParameters: parameterArns("scim", stage),
    providerApiSecrets: secretArns("api", stage),
    providerApiParameters: parameterArns("api", stage),
    secretsKeys: secretsKeyArns.map(sub),
    eksClusters: [eks("cluster/*")],
    eksEntryClusters: accessEntryClusters.map((name) => eks(`cluster/${name}`)),
    eksEntries: entries,
    eksNewEntries: entries,
    eksOwnEntries: entries,
  };
};

/** Which calls on a resource are granted: those to items of a kind, those through a service, those for entries that give no right. */
function conditions(stage, installation) {
  const leading = (prefix) => ({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${prefix}#*`] } });
  // The embedded AWS does not know what an entry is like.
  const equals = stage === "local" ? "StringEqualsIfExists" : "StringEquals";
  const owner = "tenantry:installation";
  const noGroups = { Null: { "eks:kubernetesGroups": "true" } };
  return {
    webhookItems: leading("WEBHOOK"),
    directoryItems: leading("IDP"),
    secretsKeys: {
      StringEquals: { "kms:ViaService": [sub("secretsmanager.${AWS::Region}.amazonaws.com"), sub("ssm.${AWS::Region}.amazonaws.com")] },
    },
    eksEntryClusters: { ...noGroups, [equals]: { "eks:accessEntryType": "STANDARD", [`aws:RequestTag/${owner}`]: installation } },
    eksNewEntries: { [equals]: { [`aws:RequestTag/${owner}`]: installation }, "ForAllValues:StringEquals": { "aws:TagKeys": [owner] } },
    eksOwnEntries: { ...noGroups, [equals]: { [`aws:ResourceTag/${owner}`]: installation } },
  };
}

// AWS authorises SendMessageBatch as sqs:SendMessage; the embedded SQS wants the name of the call.
const spelled = (actions, stage) =>
  stage === "local" && actions.includes("sqs:SendMessage") ? [...actions, "sqs:SendMessageBatch"] : actions;

const statement = (actions, resources, condition) => ({
  Effect: "Allow",
  Action: actions,
  Resource: resources,
  ...(condition && { Condition: condition }),
});

function statements(key, { stage, arns, granted }) {
  const { calls = {}, service = {} } = functions[key] ?? {};
  return [...Object.entries(calls), ...Object.entries(service)].flatMap(([name, actions]) => {
    const resources = arns[name];
    if (resources?.length === 0) return [];
    if (!resources) throw new Error(`permissions.yml: ${key} names ${name}, which roles.cjs does not know`);
    const wildcard = JSON.stringify(resources).includes("*");
    if (wildcard && !wildcards[name]) throw new Error(`permissions.yml: ${name} is a wildcard without a written reason`);
    return [statement(spelled(actions, stage), resources, granted[name])];
  });
}

const ownLogs = (functionName) =>
  statement(
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    [sub(`arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*`)],
  );

// Lambda makes its network interfaces under the function's role, and asks for these actions on all resources. The function's own code
// is denied them.
const networkInterfaceActions = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];
const networkInterfaces = (functionName) => [
  statement(networkInterfaceActions, ["*"]),
  {
    ...statement(networkInterfaceActions, ["*"]),
    Effect: "Deny",
    Condition: { ArnEquals: { "lambda:SourceFunctionArn": sub(`${regional("lambda")}:function:${functionName}`) } },
  },
];

const trust = (principal) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
});

function role(key, context) {
  const { prefix, inVpc } = context;
  const name = `${prefix}-${key}`;
  const allowed = [ownLogs(name), ...statements(key, context), ...(inVpc ? networkInterfaces(name) : [])];
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: { "Fn::Sub": `${name}-\${AWS::Region}` },
      AssumeRolePolicyDocument: trust({ Service: "lambda.amazonaws.com" }),
      Policies: [{ PolicyName: "only", PolicyDocument: { Version: "2012-10-17", Statement: allowed } }],
    },
  };
}

// On AWS an administrator makes a role like this beside each cluster (docs/deploy.md). Its sessions have no permissions
// in AWS: the role is only a name that the cluster maps to the provisioner's group. Here the operator may take it too,
// so that tests reach the cluster with the provisioner's rights.
const accountRoot = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root");
// To AWS a session's principal is its role; to the embedded AWS it is the session.
const functionRoles = [
  sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/tenantry-local-*"),
  sub("arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/tenantry-local-*"),
];
const localClusterRole = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "tenantry-cluster-local",
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          ...trust({ AWS: accountRoot }).Statement[0],
          Condition: { ArnLike: { "aws:PrincipalArn": functionRoles } },
        },
        {
          ...trust({ AWS: accountRoot }).Statement[0],
          Condition: { ArnEquals: { "aws:PrincipalArn": accountRoot } },
        },
      ],
    },
  },
};

module.exports = async (context) => {
  const { resolveVariable } = context;
  const stage = await resolveVariable("sls:stage");
  const prefix = `${await resolveVariable("self:service")}-${stage}`;
  const given = async (name) => list(await resolveVariable(`param:${name}`));
  const arns = resourceArns({
    stage,
    tableArn: await tableArn(context),
    tableStream: await streamArn(context),
    clusterRoleArns: await given("clusterRoleArns"),
    accessEntryClusters: await given("accessEntryClusters"),
    secretsKeyArns: await given("secretsKeyArns"),
  });
  const granted = conditions(stage, await resolveVariable("self:custom.installation"));
  const inVpc = (await given("vpcSubnetIds")).length > 0;
  const resources = stage === "local" ? { LocalClusterRole: localClusterRole } : {};
  for (const key of Object.keys(functions)) resources[`${pascalCase(key)}Role`] = role(key, { prefix, stage, arns, granted, inVpc });
  return { Resources: resources };
};
