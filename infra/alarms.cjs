// What a person must hear of: dead letters, failing functions, and work or events that stay too long.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { deadLetterQueues, pascalCase } = require("./names.cjs");

const functionKeys = Object.keys(parse(readFileSync(join(__dirname, "permissions.yml"), "utf8")).functions);

const alarm = (properties, topic) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
    EvaluationPeriods: 1,
    Period: 60,
    Threshold: 0,
    ...(topic && { AlarmActions: [topic], OKActions: [topic] }),
    ...properties,
  },
});

const deadLetterAlarm = (queue) => ({
  AlarmDescription: `${queue} holds messages`,
  Namespace: "AWS/SQS",
  MetricName: "ApproximateNumberOfMessagesVisible",
  Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }],
  Statistic: "Maximum",
});

const errorAlarm = (functionName) => ({
  AlarmDescription: `${functionName} fails`,
  Namespace: "AWS/Lambda",
  MetricName: "Errors",
  Dimensions: [{ Name: "FunctionName", Value: functionName }],
  Statistic: "Sum",
});

// The sweeps emit these by embedded metric format. A claim keeps an item from the sweep for five minutes, so ten see each one
// that waits. No data means that the sweep itself stands still.
const ageAlarm = (metric, description, service) => ({
  AlarmDescription: description,
  Namespace: "Tenantry",
  MetricName: metric,
  Dimensions: [{ Name: "service", Value: service }],
  Statistic: "Maximum",
  Threshold: 600,
  Period: 600,
  TreatMissingData: "breaching",
});

// A comparison with an identity provider would have removed more than identity.removeAtMost: a person decides.
const refusedAlarm = (service) => ({
  AlarmDescription: "A comparison with an identity provider would remove too much, and removed nothing",
  Namespace: "Tenantry",
  MetricName: "IdentityRemovalsRefused",
  Dimensions: [{ Name: "service", Value: service }],
  Statistic: "Maximum",
});

// A round of comparing all grants takes as many runs as it needs; one that takes this long heals too late.
const comparisonAlarm = (service) => ({
  AlarmDescription: "A comparison of all grants with the directory takes longer than six hours",
  Namespace: "Tenantry",
  MetricName: "GrantsComparisonAgeSeconds",
  Dimensions: [{ Name: "service", Value: service }],
  Statistic: "Maximum",
  Threshold: 21_600,
});

// Told each minute by drift-schedule. A cluster that was paused is behind when it is resumed, and has these minutes for its check.
const driftAlarm = (service, intervalMinutes) => ({
  AlarmDescription: "A cluster was not compared as a whole for three times the interval of its drift checks",
  Namespace: "Tenantry",
  MetricName: "OldestDriftCheckAgeSeconds",
  Dimensions: [{ Name: "service", Value: service }],
  Statistic: "Minimum",
  Threshold: 3 * 60 * intervalMinutes + 1_800,
  Period: 1_800,
  TreatMissingData: "breaching",
});

module.exports = async ({ resolveVariable }) => {
  const topic = await resolveVariable("param:alarmTopicArn");
  const prefix = `${await resolveVariable("self:service")}-${await resolveVariable("sls:stage")}`;
  const resources = {
    OldestDueAlarm: alarm(ageAlarm("OldestDueAgeSeconds", "Due work waits for more than ten minutes", prefix), topic),
    OldestEventAlarm: alarm(ageAlarm("OldestUnpublishedEventAgeSeconds", "Events wait for more than ten minutes", prefix), topic),
  };
  const driftInterval = Number(await resolveVariable("param:driftIntervalMinutes"));
  resources["OldestDriftCheckAlarm"] = alarm(driftAlarm(prefix, driftInterval), topic);
  resources["IdentityRemovalsRefusedAlarm"] = alarm(refusedAlarm(prefix), topic);
  resources["GrantsComparisonAgeAlarm"] = alarm(comparisonAlarm(prefix), topic);
  for (const queue of deadLetterQueues) resources[`${queue}Alarm`] = alarm(deadLetterAlarm(queue), topic);
  for (const key of functionKeys) resources[`${pascalCase(key)}ErrorsAlarm`] = alarm(errorAlarm(`${prefix}-${key}`), topic);
  return { Resources: resources };
};
