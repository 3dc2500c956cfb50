import { OperatorClient } from "./client.ts";
import type { Aws } from "./ministack.ts";

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

/** All calls since the stack came up, newest first. LookupEvents has no page token here, so pages go by time. */
export async function recordedCalls(aws: Aws): Promise<RecordedCall[]> {
  const operator = new OperatorClient(aws);
  const seen = new Set<string>();
  const calls: RecordedCall[] = [];
  for (let EndTime: number | undefined; ; ) {
    const { Events } = await operator.json<{ Events: TrailEvent[] }>("cloudtrail", TARGET, { MaxResults: PAGE, EndTime });
    const fresh = Events.filter(({ EventId }) => !seen.has(EventId));
    for (const event of fresh) {
      seen.add(event.EventId);
      calls.push(...toCalls(event));
    }
    const oldest = Events.at(-1);
    if (Events.length < PAGE || !oldest || fresh.length === 0) return calls;
    EndTime = oldest.EventTime;
  }
}

function toCalls(event: TrailEvent): RecordedCall[] {
  const { userAgent, requestParameters } = JSON.parse(event.CloudTrailEvent) as { userAgent: string; requestParameters: Params };
  // AWS_SDK_UA_APP_ID puts the function's key into the user agent; Powertools adds a mark of its own behind it.
  const functionKey = /(?:^| )app\/([\w-]+?)(?:-PT-\S*)?(?: |$)/.exec(userAgent)?.[1];
  const service = event.EventSource.replace(".amazonaws.com", "");
  return actionsOf(service, event.EventName, requestParameters).map(([name, resource]) => ({
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

function actionsOf(service: string, name: string, params: Params): [name: string, resource: string][] {
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
  // REST calls are recorded by their method alone; a GET to EKS is the only one that a function makes.
  if (service === "eks") return [[name === "GET.eks" ? "DescribeCluster" : name, "*"]];
  return [[name, "*"]];
}
