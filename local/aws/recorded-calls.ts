import { type Operated, OperatorClient } from "./client.ts";

/** One call that the embedded AWS allowed. A call that IAM refused is not recorded. */
export interface RecordedCall {
  /** The function's key in serverless.yml; undefined where the caller was no function of ours. */
  functionKey: string | undefined;
  /** As in a policy: `dynamodb:PutItem`. A transaction is recorded as its parts, which is how IAM judges it. */
  action: string;
  /** Table name, `table/index/<name>`, queue name, bus name or role ARN; "*" where the record does not say. */
  resource: string;
}

type Params = Record<string, unknown>;

interface TrailEvent {
  EventId: string;
  EventName: string;
  EventSource: string;
  EventTime: number;
  CloudTrailEvent: string;
}

const PAGE = 50;
const TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

/** All calls since the stack came up, newest first. */
export const recordedCalls = async (aws: Operated): Promise<RecordedCall[]> => (await trail(aws)).flatMap(toCalls);

/** A request as it was sent: a transaction is one. */
export interface RecordedRequest {
  functionKey: string | undefined;
  /** `dynamodb:TransactWriteItems`. */
  name: string;
}

/** All requests since the stack came up, newest first. */
export async function recordedRequests(aws: Operated): Promise<RecordedRequest[]> {
  return (await trail(aws)).map((event) => ({
    functionKey: parsed(event).functionKey,
    name: `${event.EventSource.replace(".amazonaws.com", "")}:${event.EventName}`,
  }));
}

/** LookupEvents has no page token here, so pages go by time. */
async function trail(aws: Operated): Promise<TrailEvent[]> {
  const operator = new OperatorClient(aws);
  const seen = new Set<string>();
  const events: TrailEvent[] = [];
  for (let EndTime: number | undefined; ; ) {
    const { Events } = await operator.json<{ Events: TrailEvent[] }>("cloudtrail", TARGET, { MaxResults: PAGE, EndTime });
    const fresh = Events.filter(({ EventId }) => !seen.has(EventId));
    for (const event of fresh) {
      seen.add(event.EventId);
      events.push(event);
    }
    const oldest = Events.at(-1);
    if (Events.length < PAGE || !oldest || fresh.length === 0) return events;
    EndTime = oldest.EventTime;
  }
}

function parsed(event: TrailEvent): { functionKey: string | undefined; params: Params } {
  const { userAgent, requestParameters } = JSON.parse(event.CloudTrailEvent) as { userAgent: string; requestParameters: Params };
  // AWS_SDK_UA_APP_ID puts the function's key into the user agent; Powertools adds a mark of its own behind it.
  const functionKey = /(?:^| )app\/([\w-]+?)(?:-PT-\S*)?(?: |$)/.exec(userAgent)?.[1];
  return { functionKey, params: requestParameters };
}

function toCalls(event: TrailEvent): RecordedCall[] {
  const { functionKey, params } = parsed(event);
  const service = event.EventSource.replace(".amazonaws.com", "");
  return actionsOf(service, event.EventName, params, functionKey).map(([name, resource]) => ({
    functionKey,
    action: `${service}:${name}`,
    resource,
  }));
}

const text = (value: unknown): string => (typeof value === "string" ? value : "*");
const lastPart = (value: unknown): string => text(value).split("/").at(-1) ?? "*";

const transactionActions: Record<string, string> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
  Get: "GetItem",
};

function actionsOf(service: string, name: string, params: Params, functionKey: string | undefined): [name: string, resource: string][] {
  if (service === "dynamodb" && name.startsWith("Transact")) {
    const items = (params["TransactItems"] ?? []) as Record<string, Params>[];
    return items.flatMap((item) =>
      Object.entries(item).map(([kind, detail]): [string, string] => [transactionActions[kind] ?? kind, text(detail["TableName"])]),
    );
  }
  if (service === "dynamodb" && name.startsWith("Batch")) {
    return Object.keys((params["RequestItems"] ?? {}) as Params).map((table) => [name, table]);
  }
  if (service === "dynamodb") {
    const index = params["IndexName"];
    return [[name, index === undefined ? text(params["TableName"]) : `${text(params["TableName"])}/index/${text(index)}`]];
  }
  if (service === "events") {
    const entries = (params["Entries"] ?? []) as Params[];
    return [...new Set(entries.map((entry) => text(entry["EventBusName"])))].map((bus) => [name, bus]);
  }
  // A batch of messages is authorised as the single action.
  if (service === "sqs") return [[name.replace(/Batch$/, ""), lastPart(params["QueueUrl"])]];
  if (service === "sts") return [[text(params["Action"]), text(params["RoleArn"])]];
  if (service === "eks") return [[eksAction(name, params, functionKey), "*"]];
  return [[name, "*"]];
}

/** REST calls are recorded by their method alone: which it was, the body and the caller tell. */
function eksAction(name: string, params: Params, functionKey: string | undefined): string {
  if (name === "GET.eks") return functionKey === "access" ? "DescribeAccessEntry" : "DescribeCluster";
  if (name === "POST.eks") return "principalArn" in params ? "CreateAccessEntry" : "UpdateAccessEntry";
  return name === "DELETE.eks" ? "DeleteAccessEntry" : name;
}
