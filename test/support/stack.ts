import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DeleteMessageCommand, GetQueueUrlCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { kubectl as runKubectl } from "../../local/kubernetes/kubectl.ts";
import { invoke } from "./invoke.ts";

/** The stack that `npm test` (or `npm start`, by its stack.env) put into the environment. */
const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests by "npm test", or with .local/stack.env in the environment`);
  return value;
};

export const dynamodb = new DynamoDBClient({});
export const eventBridge = new EventBridgeClient({});
export const sqs = new SQSClient({});
export const tableName = (): string => env("TENANTRY_TABLE");

/** An id that no other test uses. */
export const anId = (prefix = "t"): string => `${prefix}-${randomBytes(4).toString("hex")}`;

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever came.
  body: any;
}

/** Calls the API through the gateway, with the token of all scopes unless another (or none) is given. */
export async function api(
  method: string,
  path: string,
  body?: unknown,
  options: { token?: string | null; headers?: Record<string, string> } = {},
): Promise<ApiAnswer> {
  const { token = env("TENANTRY_TOKEN"), headers = {} } = options;
  const response = await fetch(`${env("TENANTRY_API_URL")}${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
}

/** Calls SCIM as the identity provider `entra`, or with another token (or none). */
export const scim = (
  method: string,
  path: string,
  body?: unknown,
  { token = env("TENANTRY_SCIM_TOKEN"), headers = {} }: { token?: string | null; headers?: Record<string, string> } = {},
): Promise<ApiAnswer> =>
  api(method, `/scim/v2${path}`, body, {
    token,
    headers: { ...(body !== undefined && { "content-type": "application/scim+json" }), ...headers },
  });

/** Puts an event on the bus, as the signup system would. */
export async function putEvent(
  type: string,
  data: unknown,
  options: { metadata?: Record<string, unknown>; source?: string } = {},
): Promise<void> {
  const { metadata, source = "signup" } = options;
  const answer = await eventBridge.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: env("TENANTRY_EVENT_BUS"),
          Source: source,
          DetailType: type,
          Detail: JSON.stringify({ ...(metadata && { metadata }), data }),
        },
      ],
    }),
  );
  if (answer.FailedEntryCount !== 0) throw new Error(`PutEvents: ${JSON.stringify(answer.Entries)}`);
}

/** Waits until `look` answers something that is not `undefined`. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`Waited ${seconds} s in vain for: ${what}`, { cause: last });
}

/** Waits until `look` answers, and invokes scheduled functions between looks: their schedule would take up to a minute. */
export const untilSwept = <T>(what: string, functionKeys: string[], look: () => Promise<T | undefined>, seconds = 30): Promise<T> =>
  until(
    what,
    async () => {
      await Promise.all(functionKeys.map((key) => invoke(key)));
      return await look();
    },
    seconds,
  );

/** Waits for a tenant's phase; the body of `GET /tenants/{id}` then. */
export const untilPhase = (tenantId: string, phase: string, seconds = 30) =>
  until(
    `${tenantId} to be ${phase}`,
    async () => {
      const { status, body } = await api("GET", `/tenants/${tenantId}`);
      return status === 200 && body.phase === phase ? body : undefined;
    },
    seconds,
  );

/** A tenant's events, oldest first, as the audit trail has them. */
export async function trailOf(tenantId: string): Promise<{ type: string; sequence: number }[]> {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: tableName(),
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
      ExpressionAttributeValues: { ":pk": { S: `TENANT#${tenantId}` }, ":sk": { S: "EVENT#" } },
    }),
  );
  return Items.map((item) => unmarshall(item) as { type: string; sequence: number });
}

/** Runs kubectl as the cluster's administrator. */
export const kubectl = (...args: string[]): Promise<string> => runKubectl(env("KUBECONFIG"), () => {}, args);

/** Applies an object by kubectl, as the cluster's administrator. */
export const kubectlApply = (namespace: string, object: object): Promise<string> =>
  runKubectl(env("KUBECONFIG"), () => {}, ["-n", namespace, "apply", "-f", "-"], JSON.stringify(object));

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever came.
export async function kubeObject(...args: string[]): Promise<any> {
  return JSON.parse(await kubectl("get", ...args, "-o", "json"));
}

/** Takes the first message of a queue that fits; those that do not stay for others. */
export async function takeMessage(queueName: string, fits: (message: Message) => boolean, seconds = 60): Promise<Message> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
  return until(
    `a message in ${queueName}`,
    async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 1,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ["All"],
        }),
      );
      const found = Messages.find(fits);
      if (found !== undefined) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: found.ReceiptHandle }));
      return found;
    },
    seconds,
  );
}

export const newKey = (): string => randomUUID();
