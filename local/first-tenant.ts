import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { kubectl } from "./kubernetes/kubectl.ts";
import type { Log } from "./log.ts";
import type { Stack } from "./stack.ts";

export interface BusEvent {
  "detail-type": string;
  detail: { metadata: { tenantId: string; [key: string]: unknown }; data: Record<string, unknown> };
}

/** Hears what the service says on the bus, as another system would: by a rule and a queue of its own. */
export async function listen(stack: Stack, name: string) {
  const settings = { region: stack.env["AWS_REGION"] as string, endpoint: stack.aws.endpoint, credentials: stack.aws.credentials };
  const [sqs, events] = [new SQSClient(settings), new EventBridgeClient(settings)];
  const bus = stack.env["TENANTRY_EVENT_BUS"] as string;
  const { QueueUrl: queue } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const attributes = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["QueueArn"] }));
  const Arn = attributes.Attributes?.["QueueArn"];
  await events.send(new PutRuleCommand({ Name: name, EventBusName: bus, EventPattern: JSON.stringify({ source: ["tenantry"] }) }));
  await events.send(new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets: [{ Id: "queue", Arn }] }));
  return {
    events,
    bus,
    async receive(): Promise<BusEvent[]> {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }));
      if (Messages.length > 0) {
        const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }));
      }
      return Messages.map((message) => JSON.parse(message.Body ?? "{}") as BusEvent);
    },
    async close(): Promise<void> {
      await events.send(new RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: ["queue"] }));
      await events.send(new DeleteRuleCommand({ Name: name, EventBusName: bus }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl: queue }));
      sqs.destroy();
      events.destroy();
    },
  };
}

/** Puts the event on the bus as a signup system would, and waits until the service says that the tenant is ready. */
export async function onboardByEvent(stack: Stack, tenantId: string, log: Log, seconds = 60): Promise<void> {
  const heard = await listen(stack, `hear-${tenantId}`);
  try {
    const detail = { metadata: { correlationId: `first-${tenantId}` }, data: { tenantId, name: "First tenant", tier: "standard" } };
    const entry = { EventBusName: heard.bus, Source: "signup", DetailType: "TenantOnboardingRequested", Detail: JSON.stringify(detail) };
    const { FailedEntryCount } = await heard.events.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) throw new Error("the bus refused the event");
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
      for (const event of await heard.receive()) {
        if (event.detail.metadata.tenantId !== tenantId) continue;
        log(`  heard ${event["detail-type"]} of ${tenantId}`);
        if (event["detail-type"] === "TenantReady") return;
        if (event["detail-type"] === "TenantBlocked") throw new Error(`${tenantId} is blocked: ${JSON.stringify(event.detail.data)}`);
      }
    }
    const problems = (await stack.aws.functionProblems()).slice(-10).map((line) => `\n  ${line}`);
    throw new Error(`no TenantReady of ${tenantId} within ${seconds} s; what the functions said:${problems.join("") || " nothing"}`);
  } finally {
    await heard.close();
  }
}

export async function describeTenant(stack: Stack, tenantId: string, log: Log): Promise<string> {
  const namespace = `tenant-${tenantId}`;
  const kinds = "networkpolicies,serviceaccounts,roles,rolebindings,resourcequotas,limitranges,servicemonitors.monitoring.coreos.com";
  const get = (args: string[]): Promise<string> => kubectl(stack.kubernetes.adminKubeconfigPath, log, ["get", ...args]);
  return `${await get(["namespace", namespace, "--show-labels"])}\n${await get([kinds, "--namespace", namespace])}`;
}
