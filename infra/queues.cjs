// Bus -> rule -> queue, each queue with dead letters of its own. A rule's own failures go to those dead letters too.
const { pascalCase } = require("./names.cjs");
const { count } = require("./parameters.cjs");

const FOURTEEN_DAYS = 1_209_600;
const FOUR_DAYS = 345_600;
/** Timeout of the functions that read queues: Lambda takes no queue whose messages come back sooner. */
const FUNCTION_SECONDS = 60;

// Which events command which area.
const areas = {
  onboarding: ["TenantOnboardingRequested"],
  quota: ["TenantTierChangeRequested", "TenantQuotaChangeRequested"],
  lifecycle: ["TenantSuspendRequested", "TenantActivateRequested"],
  teardown: ["TenantOffboardingRequested"],
  grants: ["TenantAccessGrantRequested", "TenantAccessRevokeRequested"],
};

// The SaaS Builder Toolkit's planes speak on the bus too; its control plane's requests are an area of their own, and the
// rest of what the two say to each other is none of ours.
const sbt = {
  sources: ["sbt.control.plane"],
  detailTypes: ["sbt_aws_onboardingRequest", "sbt_aws_offboardingRequest", "sbt_aws_activateRequest", "sbt_aws_deactivateRequest"],
  others: ["sbt.control.plane", "sbt.application.plane"],
};

const arnOf = (name) => ({ "Fn::GetAtt": [name, "Arn"] });

const deadLetters = (queueName) => ({
  Type: "AWS::SQS::Queue",
  Properties: { QueueName: queueName, SqsManagedSseEnabled: true, MessageRetentionPeriod: FOURTEEN_DAYS },
});

const workQueue = (queueName, deadLetterName, visibilitySeconds, maxReceiveCount) => ({
  Type: "AWS::SQS::Queue",
  Properties: {
    QueueName: queueName,
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: FOUR_DAYS,
    VisibilityTimeout: visibilitySeconds,
    RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetterName), maxReceiveCount },
  },
});

const rule = (name, pattern, target) => ({
  Type: "AWS::Events::Rule",
  Properties: {
    // Given, as CloudWatch knows rules by their names (infra/alarms.cjs).
    Name: name,
    EventBusName: { Ref: "Bus" },
    EventPattern: pattern,
    Targets: [{ RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 }, ...target }],
  },
});

// Only the rules named may send, and only to these queues.
const queuePolicy = (queues, rules) => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: queues.map((queue) => ({ Ref: queue })),
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queues.map(arnOf),
          Condition: { ArnEquals: { "aws:SourceArn": rules.map(arnOf) } },
        },
      ],
    },
  },
});

// The event as it came, with the reason why nobody took it. What does not fit with its reason goes to the dead letters alone.
const unrouted = (reason) => ({
  Id: "unrouted",
  Arn: arnOf("UnroutedQueue"),
  DeadLetterConfig: { Arn: arnOf("UnroutedDeadLetters") },
  InputTransformer: {
    InputPathsMap: {},
    InputTemplate: `{"reason": ${JSON.stringify(reason)}, "event": <aws.events.event.json>}`,
  },
});

module.exports = async (context) => {
  const { resolveVariable } = context;
  const prefix = `${await resolveVariable("self:service")}-${await resolveVariable("sls:stage")}`;
  const visibility = await count(context, "queueVisibilitySeconds", FUNCTION_SECONDS);
  const sources = String(await resolveVariable("param:eventSources"))
    .split(",")
    .map((source) => source.trim());
  const resources = {};

  // A command's own function sets it aside, with the reason; the redrive is the net beneath.
  const commandReceives = (await count(context, "commandReceives")) + 1;
  const receives = {
    ...Object.fromEntries([...Object.keys(areas), "sbt"].map((key) => [key, commandReceives])),
    ...{ reconcile: 5, "reconcile-bulk": 5, drift: 5, access: 5 },
  };
  for (const [key, maxReceiveCount] of Object.entries(receives)) {
    const name = pascalCase(key);
    resources[`${name}DeadLetters`] = deadLetters(`${prefix}-${key}-dead-letters`);
    resources[`${name}Queue`] = workQueue(`${prefix}-${key}`, `${name}DeadLetters`, visibility, maxReceiveCount);
  }
  const routed = [
    ...Object.entries(areas).map(([key, detailTypes]) => ({ key, detailTypes, from: sources })),
    { key: "sbt", detailTypes: sbt.detailTypes, from: sbt.sources },
  ];
  for (const { key, detailTypes, from } of routed) {
    const name = pascalCase(key);
    const target = { Id: key, Arn: arnOf(`${name}Queue`), DeadLetterConfig: { Arn: arnOf(`${name}DeadLetters`) } };
    resources[`${name}Rule`] = rule(`${prefix}-${key}`, { source: from, "detail-type": detailTypes }, target);
    resources[`${name}QueuePolicy`] = queuePolicy([`${name}Queue`, `${name}DeadLetters`], [`${name}Rule`]);
  }

  const known = Object.values(areas).flat();
  resources["OutboxDeadLetters"] = deadLetters(`${prefix}-outbox-dead-letters`);
  resources["UnroutedQueue"] = deadLetters(`${prefix}-unrouted`);
  resources["UnroutedDeadLetters"] = deadLetters(`${prefix}-unrouted-dead-letters`);
  resources["UnroutedSourceRule"] = rule(
    `${prefix}-unrouted-source`,
    { source: [{ "anything-but": [...sources, "tenantry", ...sbt.others] }] },
    unrouted("the event's source is not one that may command this service"),
  );
  resources["UnroutedTypeRule"] = rule(
    `${prefix}-unrouted-type`,
    { source: sources, "detail-type": [{ "anything-but": known }] },
    unrouted("no part of this service takes events of this detail-type"),
  );
  resources["UnroutedQueuePolicy"] = queuePolicy(["UnroutedQueue", "UnroutedDeadLetters"], ["UnroutedSourceRule", "UnroutedTypeRule"]);
  return { Resources: resources };
};
