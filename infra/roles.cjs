// One role a function, made from permissions.yml: the actions named there, on the resources named there, and no more.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { pascalCase } = require("./names.cjs");

const { functions, wildcards } = parse(readFileSync(join(__dirname, "permissions.yml"), "utf8"), { merge: true });

const arnOf = (name) => ({ "Fn::GetAtt": [name, "Arn"] });
const sub = (text) => (text.includes("${") ? { "Fn::Sub": text } : text);
const list = (text) =>
  String(text)
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

// What config/tenantry.ts names `tenantry/<provider>/<use>`. Secrets Manager puts six characters of its own behind a name.
const secretArns = (use) => [sub(`arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:tenantry/*/${use}-*`)];
const parameterArns = (use) => [sub(`arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/tenantry/*/${use}`)];

// access-entry/<cluster>/<user or role>/<account>/<name>/<id>. The embedded AWS judges calls about an entry by their cluster.
const accessEntryArns = (stage) => [
  sub("arn:${AWS::Partition}:eks:*:${AWS::AccountId}:access-entry/*"),
  ...(stage === "local" ? [sub("arn:${AWS::Partition}:eks:*:${AWS::AccountId}:cluster/*")] : []),
];

const resourceArns = (clusterRoleArns, stage) => ({
  table: [arnOf("Table")],
  dueIndex: [sub("${Table.Arn}/index/due")],
  clusterIndex: [sub("${Table.Arn}/index/cluster")],
  listIndex: [sub("${Table.Arn}/index/list")],
  tableStream: [{ "Fn::GetAtt": ["Table", "StreamArn"] }],
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
  userIndex: [sub("${Table.Arn}/index/user")],
  sbtQueue: [arnOf("SbtQueue")],
  sbtDeadLetters: [arnOf("SbtDeadLetters")],
  reconcileQueue: [arnOf("ReconcileQueue")],
  reconcileBulkQueue: [arnOf("ReconcileBulkQueue")],
  driftQueue: [arnOf("DriftQueue")],
  outboxDeadLetters: [arnOf("OutboxDeadLetters")],
  clusterRoles: clusterRoleArns.map(sub),
  webhookSecrets: secretArns("webhook"),
  webhookParameters: parameterArns("webhook"),
  scimSecrets: secretArns("scim"),
  scimParameters: parameterArns("scim"),
  providerApiSecrets: secretArns("api"),
  providerApiParameters: parameterArns("api"),
  eksClusters: [sub("arn:${AWS::Partition}:eks:*:${AWS::AccountId}:cluster/*")],
  eksAccessEntries: accessEntryArns(stage),
});

// AWS authorises SendMessageBatch as sqs:SendMessage; the embedded SQS wants the name of the call.
const spelled = (actions, stage) =>
  stage === "local" && actions.includes("sqs:SendMessage") ? [...actions, "sqs:SendMessageBatch"] : actions;

const statement = (actions, resources) => ({ Effect: "Allow", Action: actions, Resource: resources });

function statements(key, arns, stage) {
  const { calls = {}, service = {} } = functions[key] ?? {};
  return [...Object.entries(calls), ...Object.entries(service)].map(([name, actions]) => {
    const resources = arns[name];
    if (!resources) throw new Error(`permissions.yml: ${key} names ${name}, which roles.cjs does not know`);
    const wildcard = JSON.stringify(resources).includes("*");
    if (wildcard && !wildcards[name]) throw new Error(`permissions.yml: ${name} is a wildcard without a written reason`);
    return statement(spelled(actions, stage), resources);
  });
}

const ownLogs = (functionName) =>
  statement(
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    [sub(`arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*`)],
  );

// Lambda makes its network interfaces under the function's role; EC2 has no ARN for one that is yet to be made.
const networkInterfaces = statement(
  ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface"],
  ["*"],
);

const trust = (principal) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
});

function role(key, { prefix, stage, arns, inVpc }) {
  const granted = [ownLogs(`${prefix}-${key}`), ...statements(key, arns, stage), ...(inVpc ? [networkInterfaces] : [])];
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: { "Fn::Sub": `${prefix}-${key}-\${AWS::Region}` },
      AssumeRolePolicyDocument: trust({ Service: "lambda.amazonaws.com" }),
      Policies: [{ PolicyName: "only", PolicyDocument: { Version: "2012-10-17", Statement: granted } }],
    },
  };
}

// The functions that reach clusters.
const clusterFunctions = Object.keys(functions).filter((key) => functions[key]?.calls?.clusterRoles);

// On AWS an administrator makes a role like this beside each cluster (docs/deploy.md). Its sessions have no permissions
// in AWS: the role is only a name that the cluster maps to the provisioner's group. Here the operator may take it too,
// so that tests reach the cluster with the provisioner's rights.
const accountRoot = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root");
const localClusterRole = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "tenantry-cluster-local",
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        ...trust({ AWS: clusterFunctions.map((key) => arnOf(`${pascalCase(key)}Role`)) }).Statement,
        {
          ...trust({ AWS: accountRoot }).Statement[0],
          Condition: { ArnEquals: { "aws:PrincipalArn": accountRoot } },
        },
      ],
    },
  },
};

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const prefix = `${await resolveVariable("self:service")}-${stage}`;
  const inVpc = Boolean(await resolveVariable("param:vpcSubnetIds"));
  const arns = resourceArns(list(await resolveVariable("param:clusterRoleArns")), stage);
  const resources = stage === "local" ? { LocalClusterRole: localClusterRole } : {};
  for (const key of Object.keys(functions)) resources[`${pascalCase(key)}Role`] = role(key, { prefix, stage, arns, inVpc });
  return { Resources: resources };
};
