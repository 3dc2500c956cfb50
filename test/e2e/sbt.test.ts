import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PutRuleCommand, PutTargetsCommand, DeleteRuleCommand, PutEventsCommand, RemoveTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { api, eventBridge, kubectl, sqs, takeMessage, trailOf, until, untilPhase } from "../support/stack.ts";

/**
 * The control plane's side of the SaaS Builder Toolkit: it registers tenants, asks for them on the bus, and updates each
 * registration by the `jobOutput` of the answers that its rules take (github.com/awslabs/sbt-aws, TenantRegistrationService).
 */
const bus = process.env["TENANTRY_EVENT_BUS"] ?? "";
const rule = `sbt-control-plane-${randomUUID().slice(0, 8)}`;
/** What SBT's own rules listen to, and what others of its constructs may. */
const answers = ["provision", "deprovision", "onboarding", "offboarding", "activate", "deactivate"].flatMap((name) => [
  `sbt_aws_${name}Success`,
  `sbt_aws_${name}Failure`,
]);
let QueueUrl = "";

interface Answer {
  "detail-type": string;
  source: string;
  detail: {
    tenantRegistrationId: string;
    jobOutput: { tenantData: Record<string, string>; tenantRegistrationData: Record<string, string> };
  };
}
const heard: Answer[] = [];

beforeAll(async () => {
  ({ QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: rule })));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const EventPattern = JSON.stringify({ source: ["sbt.application.plane"], "detail-type": answers });
  await eventBridge.send(new PutRuleCommand({ Name: rule, EventBusName: bus, EventPattern }));
  await eventBridge.send(
    new PutTargetsCommand({ Rule: rule, EventBusName: bus, Targets: [{ Id: "queue", Arn: Attributes?.["QueueArn"] }] }),
  );
});
afterAll(async () => {
  await eventBridge.send(new RemoveTargetsCommand({ Rule: rule, EventBusName: bus, Ids: ["queue"] }));
  await eventBridge.send(new DeleteRuleCommand({ Name: rule, EventBusName: bus }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
});

/** Asks as the control plane does: the registration and the tenant, flat. */
async function ask(type: string, detail: object): Promise<void> {
  const Entries = [{ EventBusName: bus, Source: "sbt.control.plane", DetailType: type, Detail: JSON.stringify(detail) }];
  const { FailedEntryCount } = await eventBridge.send(new PutEventsCommand({ Entries }));
  expect(FailedEntryCount).toBe(0);
}

/** Waits for an answer to a registration. */
const answerTo = (tenantRegistrationId: string, type: string, seconds = 60): Promise<Answer> =>
  until(
    `${type} for ${tenantRegistrationId}`,
    async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }));
      for (const { Body = "", ReceiptHandle } of Messages) {
        heard.push(JSON.parse(Body) as Answer);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      return heard.find((one) => one["detail-type"] === type && one.detail.tenantRegistrationId === tenantRegistrationId);
    },
    seconds,
  );

/** A registration as `POST /tenant-registrations` of the control plane makes it. */
const aRegistration = (over: object = {}) => ({
  tenantRegistrationId: randomUUID(),
  registrationStatus: "In progress",
  tenantId: randomUUID(),
  tenantName: "Acme Inc.",
  email: "tenant@acme.example",
  tier: "Standard",
  prices: [{ id: "price_1", metricName: "productsSold" }],
  ...over,
});

describe("A SaaS Builder Toolkit control plane", () => {
  test("gets its tenant provisioned, the registration answered, and deprovisioned again", async () => {
    const registration = aRegistration();
    const { tenantId, tenantRegistrationId } = registration;
    await ask("sbt_aws_onboardingRequest", registration);
    const provisioned = await answerTo(tenantRegistrationId, "sbt_aws_provisionSuccess");
    expect(provisioned.detail).toEqual({
      tenantRegistrationId,
      jobOutput: {
        tenantData: { namespace: `tenant-${tenantId}`, cluster: "local" },
        tenantRegistrationData: { registrationStatus: "created" },
      },
    });
    await answerTo(tenantRegistrationId, "sbt_aws_onboardingSuccess");
    expect((await api("GET", `/tenants/${tenantId}`)).body).toMatchObject({
      phase: "Ready",
      name: "Acme Inc.",
      tier: "standard",
      owner: "tenant@acme.example",
    });
    await kubectl("get", "namespace", `tenant-${tenantId}`);

    await ask("sbt_aws_offboardingRequest", registration);
    const gone = await answerTo(tenantRegistrationId, "sbt_aws_deprovisionSuccess", 90);
    expect(gone.detail.jobOutput).toEqual({ tenantData: {}, tenantRegistrationData: { registrationStatus: "deleted" } });
    await answerTo(tenantRegistrationId, "sbt_aws_offboardingSuccess");
    await expect(kubectl("get", "namespace", `tenant-${tenantId}`)).rejects.toThrow(/NotFound/);
    const types = (await trailOf(tenantId)).map(({ sequence, type }) => `${sequence} ${type}`);
    expect(types).toEqual(["1 TenantOnboarded", "2 TenantReady", "3 TenantDecommissioned"]);
  }, 180_000);

  test("is answered at once for what is so already: a registration again, of a tenant that is there", async () => {
    const registration = aRegistration();
    await ask("sbt_aws_onboardingRequest", registration);
    await answerTo(registration.tenantRegistrationId, "sbt_aws_provisionSuccess");
    const again = { ...registration, tenantRegistrationId: randomUUID() };
    await ask("sbt_aws_onboardingRequest", again);
    await answerTo(again.tenantRegistrationId, "sbt_aws_provisionSuccess");
    expect(await trailOf(registration.tenantId)).toHaveLength(2);
  }, 90_000);

  test("gets its tenant deactivated and activated", async () => {
    const registration = aRegistration();
    const { tenantId, tenantRegistrationId } = registration;
    await ask("sbt_aws_onboardingRequest", registration);
    await answerTo(tenantRegistrationId, "sbt_aws_provisionSuccess");
    await ask("sbt_aws_deactivateRequest", { tenantId, tenantRegistrationId });
    const { detail } = await answerTo(tenantRegistrationId, "sbt_aws_deactivateSuccess");
    expect(detail.jobOutput).toEqual({ tenantData: {}, tenantRegistrationData: { registrationStatus: "inactive" } });
    await untilPhase(tenantId, "Suspended");
    await ask("sbt_aws_activateRequest", { tenantId, tenantRegistrationId });
    await answerTo(tenantRegistrationId, "sbt_aws_activateSuccess");
    await untilPhase(tenantId, "Ready");
  }, 120_000);

  test("is told why a registration cannot be met, and the request is set aside for the operator", async () => {
    const registration = aRegistration({ tier: "platinum" });
    await ask("sbt_aws_onboardingRequest", registration);
    const { detail } = await answerTo(registration.tenantRegistrationId, "sbt_aws_provisionFailure");
    expect(detail.jobOutput).toEqual({
      tenantData: {},
      tenantRegistrationData: { registrationStatus: "failed", registrationError: expect.stringMatching(/^UnknownTier: .*"platinum"/) },
    });
    const letter = await takeMessage("tenantry-local-sbt-dead-letters", ({ Body = "" }) => Body.includes(registration.tenantId));
    expect(letter.MessageAttributes?.["code"]?.StringValue).toBe("UnknownTier");
    expect((await api("GET", `/tenants/${registration.tenantId}`)).status).toBe(404);
  }, 90_000);

  test("is told that a tenant is not there once its request was tried for a while", async () => {
    const registration = aRegistration();
    await ask("sbt_aws_deactivateRequest", registration);
    const { detail } = await answerTo(registration.tenantRegistrationId, "sbt_aws_deactivateFailure");
    expect(detail.jobOutput.tenantRegistrationData["registrationError"]).toMatch(/^TenantNotFound: /);
    await takeMessage("tenantry-local-sbt-dead-letters", ({ Body = "" }) => Body.includes(registration.tenantId));
  }, 90_000);

  test("is told that a tenant is blocked, and that it stands once a person cleared the way", async () => {
    const registration = aRegistration();
    const namespace = `tenant-${registration.tenantId}`;
    await kubectl("create", "namespace", namespace);
    await ask("sbt_aws_onboardingRequest", registration);
    const { detail } = await answerTo(registration.tenantRegistrationId, "sbt_aws_provisionFailure");
    expect(detail.jobOutput.tenantRegistrationData["registrationError"]).toMatch(/^NamespaceTaken: /);
    await kubectl("delete", "namespace", namespace, "--wait=true");
    expect((await api("PATCH", `/tenants/${registration.tenantId}`, { name: "Acme" })).status).toBeLessThan(300);
    await untilPhase(registration.tenantId, "Ready");
    await answerTo(registration.tenantRegistrationId, "sbt_aws_provisionSuccess");
  }, 120_000);
});
