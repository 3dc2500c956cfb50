// What a person must hear of. docs/operations.md says what to do about each; test/unit/alarms shows each raised.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { deadLetterQueues, pascalCase } = require("./names.cjs");
const { count } = require("./parameters.cjs");
const { tableName } = require("./table.cjs");

const read = (file) => parse(readFileSync(join(__dirname, file), "utf8"), { merge: true, logLevel: "silent" });
const functionKeys = Object.keys(read("permissions.yml").functions);

/** Queues of commands by event; what may yet succeed comes back to them for some ten minutes (commandReceives). */
const commandQueues = ["OnboardingQueue", "QuotaQueue", "LifecycleQueue", "TeardownQueue", "GrantsQueue", "SbtQueue"];
/** Queues of our own messages, which may be delayed for fifteen minutes. */
const workQueues = ["ReconcileQueue", "ReconcileBulkQueue", "AccessQueue", "DriftQueue"];
const rules = ["onboarding", "quota", "lifecycle", "teardown", "grants", "sbt", "unrouted-source", "unrouted-type"];
const indexes = ["due", "list", "cluster", "user"];

const nameOf = (queue) => ({ "Fn::GetAtt": [queue, "QueueName"] });
const dimension = (Name, Value) => ({ Name, Value });
const ofFunction = (functionName) => [dimension("FunctionName", functionName)];

const alarm = (properties, topic) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
    EvaluationPeriods: 1,
    Threshold: 0,
    Period: 60,
    ...(topic && { AlarmActions: [topic], OKActions: [topic] }),
    ...properties,
  },
});

const deadLetterAlarm = (queue) => ({
  AlarmDescription: `${queue} holds messages`,
  Namespace: "AWS/SQS",
  MetricName: "ApproximateNumberOfMessagesVisible",
  Dimensions: [dimension("QueueName", nameOf(queue))],
  Statistic: "Maximum",
});

const queueAgeAlarm = (queue, seconds) => ({
  AlarmDescription: `The oldest message of ${queue} waits for more than ${seconds / 60} minutes`,
  Namespace: "AWS/SQS",
  MetricName: "ApproximateAgeOfOldestMessage",
  Dimensions: [dimension("QueueName", nameOf(queue))],
  Statistic: "Maximum",
  Threshold: seconds,
  Period: 300,
});

const errorAlarm = (functionName) => ({
  AlarmDescription: `${functionName} fails`,
  Namespace: "AWS/Lambda",
  MetricName: "Errors",
  Dimensions: ofFunction(functionName),
  Statistic: "Sum",
});

const silenceAlarm = (functionName, periodSeconds) => ({
  AlarmDescription: `${functionName} was not invoked for ${periodSeconds / 60} minutes`,
  Namespace: "AWS/Lambda",
  MetricName: "Invocations",
  Dimensions: ofFunction(functionName),
  Statistic: "Sum",
  ComparisonOperator: "LessThanThreshold",
  Threshold: 1,
  Period: periodSeconds,
  TreatMissingData: "breaching",
});

// The functions emit these by embedded metric format.
const ownMetric = (metric, service) => ({ Namespace: "Tenantry", MetricName: metric, Dimensions: [dimension("service", service)] });

// A claim keeps an item from the sweep for five minutes, so ten see each one that waits. No data means that the sweep itself
// stands still, or fails.
const ageAlarm = (metric, description, service) => ({
  AlarmDescription: description,
  ...ownMetric(metric, service),
  Statistic: "Maximum",
  Threshold: 600,
  Period: 600,
  TreatMissingData: "breaching",
});

// A tenant that fails is tried again after five minutes at the most: what fails in two periods of three goes on failing.
const failedReconcilesAlarm = (service) => ({
  AlarmDescription: "Tenants keep failing to be reconciled: a cluster may be down",
  ...ownMetric("FailedReconciles", service),
  Statistic: "Sum",
  Period: 300,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
});

// A comparison with an identity provider would have removed more than identity.removeAtMost: a person decides.
const refusedAlarm = (service) => ({
  AlarmDescription: "A comparison with an identity provider would remove too much, and removed nothing",
  ...ownMetric("IdentityRemovalsRefused", service),
  Statistic: "Maximum",
});

// Of the whole account and region: its functions share their concurrency.
const throttlesAlarm = {
  AlarmDescription: "Lambda throttles functions of this account: its concurrency is used up",
  Namespace: "AWS/Lambda",
  MetricName: "Throttles",
  Statistic: "Sum",
  EvaluationPeriods: 5,
  DatapointsToAlarm: 3,
};

const iteratorAgeAlarm = (functionName) => ({
  AlarmDescription: "The table's stream is read more than five minutes late: events are published by the sweep alone",
  Namespace: "AWS/Lambda",
  MetricName: "IteratorAge",
  Dimensions: ofFunction(functionName),
  Statistic: "Maximum",
  Threshold: 300_000,
  EvaluationPeriods: 3,
});

// A round of comparing all grants takes as many runs as it needs; one that takes this long heals too late.
const comparisonAlarm = (service) => ({
  AlarmDescription: "A comparison of all grants with the directory takes longer than six hours",
  ...ownMetric("GrantsComparisonAgeSeconds", service),
  Statistic: "Maximum",
  Threshold: 21_600,
});

// Told each minute by drift-schedule. A cluster that was paused is behind when it is resumed, and has these minutes for its check.
const driftAlarm = (service, intervalMinutes) => ({
  AlarmDescription: "A cluster was not compared as a whole for three times the interval of its drift checks",
  ...ownMetric("OldestDriftCheckAgeSeconds", service),
  Statistic: "Minimum",
  Threshold: 3 * 60 * intervalMinutes + 1_800,
  Period: 1_800,
  TreatMissingData: "breaching",
});

const apiAlarm = {
  AlarmDescription: "The API answers 5xx",
  Namespace: "AWS/ApiGateway",
  MetricName: "5xx",
  Dimensions: [dimension("ApiId", { Ref: "HttpApi" })],
  Statistic: "Sum",
  EvaluationPeriods: 5,
  DatapointsToAlarm: 2,
};

// A few are repeated by the SDK and cost nothing but time.
const throttleEventsAlarm = (kind, of, dimensions) => ({
  AlarmDescription: `DynamoDB throttles ${kind.toLowerCase()}s of ${of}`,
  Namespace: "AWS/DynamoDB",
  MetricName: `${kind}ThrottleEvents`,
  Dimensions: dimensions,
  Statistic: "Sum",
  Threshold: 100,
  Period: 300,
});

const failedInvocationsAlarm = (ruleName) => ({
  AlarmDescription: `The rule ${ruleName} cannot bring events to its queue: they are dead letters, or lost`,
  Namespace: "AWS/Events",
  MetricName: "FailedInvocations",
  Dimensions: [dimension("EventBusName", { Ref: "Bus" }), dimension("RuleName", ruleName)],
  Statistic: "Sum",
});

const UNIT_SECONDS = { minute: 60, hour: 3_600, day: 86_400 };
/** Longest period of an alarm, seconds. */
const WEEK = 604_800;

/** Three of a schedule's periods, seconds. Of a cron expression nothing is known but that a week is long. */
function silentAfter(schedule) {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? [];
  return count === undefined ? WEEK : Math.min(WEEK, Math.max(300, 3 * Number(count) * UNIT_SECONDS[unit]));
}

/** The functions that a schedule invokes, with the schedule. */
async function schedules(resolveVariable) {
  const found = Object.entries(read("../serverless.yml").functions).flatMap(([key, { events = [] }]) =>
    events.flatMap(({ schedule }) => (schedule === undefined ? [] : [{ key, schedule }])),
  );
  return Promise.all(
    found.map(async ({ key, schedule }) => {
      const [, variable] = /^\$\{(.*)\}$/.exec(schedule) ?? [];
      return { key, schedule: variable === undefined ? schedule : await resolveVariable(variable) };
    }),
  );
}

module.exports = async (context) => {
  const { resolveVariable } = context;
  const topic = await resolveVariable("param:alarmTopicArn");
  const prefix = `${await resolveVariable("self:service")}-${await resolveVariable("sls:stage")}`;
  const ofTable = [dimension("TableName", await tableName({ resolveVariable }))];
  const alarms = {
    OldestDueAlarm: ageAlarm("OldestDueAgeSeconds", "Due work waits for more than ten minutes", prefix),
    OldestEventAlarm: ageAlarm("OldestUnpublishedEventAgeSeconds", "Events wait for more than ten minutes", prefix),
    FailedReconcilesAlarm: failedReconcilesAlarm(prefix),
    IdentityRemovalsRefusedAlarm: refusedAlarm(prefix),
    GrantsComparisonAgeAlarm: comparisonAlarm(prefix),
    OldestDriftCheckAlarm: driftAlarm(prefix, await count(context, "driftIntervalMinutes")),
    ApiAlarm: apiAlarm,
    ThrottlesAlarm: throttlesAlarm,
    TableReadThrottleEventsAlarm: throttleEventsAlarm("Read", "the table", ofTable),
    TableWriteThrottleEventsAlarm: throttleEventsAlarm("Write", "the table", ofTable),
    OutboxStreamAgeAlarm: iteratorAgeAlarm(`${prefix}-outbox-stream`),
  };
  for (const index of indexes)
    for (const kind of ["Read", "Write"])
      alarms[`${pascalCase(index)}Index${kind}ThrottleEventsAlarm`] = throttleEventsAlarm(kind, `the index ${index}`, [
        ...ofTable,
        dimension("GlobalSecondaryIndexName", index),
      ]);
  for (const rule of rules) alarms[`${pascalCase(rule)}FailedInvocationsAlarm`] = failedInvocationsAlarm(`${prefix}-${rule}`);
  for (const queue of commandQueues) alarms[`${queue}AgeAlarm`] = queueAgeAlarm(queue, 900);
  for (const queue of workQueues) alarms[`${queue}AgeAlarm`] = queueAgeAlarm(queue, 1_800);
  for (const queue of deadLetterQueues) alarms[`${queue}Alarm`] = deadLetterAlarm(queue);
  for (const key of functionKeys) alarms[`${pascalCase(key)}ErrorsAlarm`] = errorAlarm(`${prefix}-${key}`);
  for (const { key, schedule } of await schedules(resolveVariable))
    alarms[`${pascalCase(key)}SilenceAlarm`] = silenceAlarm(`${prefix}-${key}`, silentAfter(schedule));
  return { Resources: Object.fromEntries(Object.entries(alarms).map(([name, properties]) => [name, alarm(properties, topic)])) };
};
