import { expect, test } from "@jest/globals";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import { keys, toItem } from "../../shared/adapters/dynamodb/table.ts";
import { type Alarm, deployedAlarms, type Measured, raisedAt } from "../support/alarms.ts";
import { invoke } from "../support/invoke.ts";
import { anId, api, dynamodb, putEvent, sqs, tableName, until } from "../support/stack.ts";

/*
 * The embedded AWS keeps no metrics of its own services: what CloudWatch would measure is counted here, from what the stack
 * answers, and judged by the alarms as they are deployed.
 */
const MINUTE_MS = 60_000;
const alarms = await deployedAlarms();
const raisedAfter = (name: string, minutes: number, measured: Measured): boolean =>
  raisedAt(alarms[name] as Alarm, measured, 0, minutes * MINUTE_MS) !== undefined;

/** What SQS measures as `ApproximateNumberOfMessagesVisible`. */
async function visibleMessages(queue: string): Promise<number> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `tenantry-local-${queue}` }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }));
  return Number(Attributes?.["ApproximateNumberOfMessages"]);
}

const poison: [alarm: string, queue: string, send: () => Promise<void>][] = [
  ["OnboardingDeadLettersAlarm", "onboarding-dead-letters", () => putEvent("TenantOnboardingRequested", { colour: "red" })],
  ["QuotaDeadLettersAlarm", "quota-dead-letters", () => putEvent("TenantTierChangeRequested", { colour: "red" })],
  ["LifecycleDeadLettersAlarm", "lifecycle-dead-letters", () => putEvent("TenantSuspendRequested", { colour: "red" })],
  ["TeardownDeadLettersAlarm", "teardown-dead-letters", () => putEvent("TenantOffboardingRequested", { colour: "red" })],
  ["GrantsDeadLettersAlarm", "grants-dead-letters", () => putEvent("TenantAccessGrantRequested", { colour: "red" })],
  ["UnroutedQueueAlarm", "unrouted", () => putEvent("TenantOnboardingRequested", {}, { source: "a-source-that-nobody-listed" })],
];
test.each(poison)("a poison message raises %s", async (alarm, queue, send) => {
  await send();
  const value = await until(`a message in ${queue}`, async () => (await visibleMessages(queue)) || undefined, 60);
  expect(raisedAfter(alarm, 1, () => [{ at: 0, value }])).toBe(true);
  expect(raisedAfter(alarm, 1, () => [{ at: 0, value: 0 }])).toBe(false);
});

test("an API that answers 5xx raises ApiAlarm within two minutes, also with one call a minute; one such answer does not", async () => {
  const tenantId = anId("broken");
  await dynamodb.send(new PutItemCommand({ TableName: tableName(), Item: toItem({ ...keys.tenant(tenantId), tenantId }) }));
  const answers = [await api("GET", `/tenants/${tenantId}`), await api("GET", `/tenants/${tenantId}`), await api("GET", "/healthz")];
  expect(answers.map(({ status }) => status)).toEqual([500, 500, 200]);
  /** Each answer in a minute of its own, in this order. */
  const inMinutes =
    (order: typeof answers): Measured =>
    () =>
      order.map(({ status }, minute) => ({ at: minute * MINUTE_MS, value: status >= 500 ? 1 : 0 }));
  const [first, second, healthy] = answers as [(typeof answers)[0], (typeof answers)[0], (typeof answers)[0]];
  expect(raisedAfter("ApiAlarm", 2, inMinutes([first, second]))).toBe(true);
  expect(raisedAfter("ApiAlarm", 5, inMinutes([healthy, first, healthy, healthy, healthy]))).toBe(false);
});

test("a function that throws raises its ErrorsAlarm within a minute", async () => {
  const failed = await invoke("outbox-stream", { Records: "none" }).then(
    () => 0,
    () => 1,
  );
  expect(raisedAfter("OutboxStreamErrorsAlarm", 1, () => [{ at: 0, value: failed }])).toBe(true);
});
