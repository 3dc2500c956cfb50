import { GetQueueAttributesCommand, paginateListQueues, type SQSClient } from "@aws-sdk/client-sqs";

/** A queue that holds what nobody could handle. */
export interface DeadLetterQueue {
  name: string;
  url: string;
  /** Messages in it, about: also those that somebody is looking at just now. */
  messages: number;
  /** The queue that its messages go back to; without one they cannot be redriven. */
  source?: { name: string; url: string };
  /** `bus` for events that fit no rule: they go back to the bus itself. */
  kind: "queue" | "bus" | "final";
}

const SUFFIX = "-dead-letters";
const UNROUTED = "unrouted";

const nameOf = (urlOrArn: string): string => urlOrArn.split(/[/:]/).at(-1) ?? "";

/**
 * The dead-letter queues of a stage, by name. Which queue feeds which is read from the redrive policies, as they are in
 * the account.
 * @param prefix `<service>-<stage>`, which the names of all its queues begin with
 */
export async function deadLetterQueues(client: SQSClient, prefix: string): Promise<DeadLetterQueue[]> {
  const urls: string[] = [];
  for await (const page of paginateListQueues({ client, pageSize: 100 }, { QueueNamePrefix: `${prefix}-` })) {
    urls.push(...(page.QueueUrls ?? []));
  }
  const queues = await Promise.all(urls.map((url) => describe(client, url)));
  const sources = new Map(queues.flatMap(({ name, url, feeds }) => (feeds === undefined ? [] : [[feeds, { name, url }] as const])));
  return queues
    .filter(({ name }) => sources.has(name) || name.endsWith(SUFFIX) || name === `${prefix}-${UNROUTED}`)
    .map(({ name, url, messages }): DeadLetterQueue => {
      const source = sources.get(name);
      if (source !== undefined) return { name, url, messages, source, kind: "queue" };
      return { name, url, messages, kind: name.startsWith(`${prefix}-${UNROUTED}`) ? "bus" : "final" };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

async function describe(
  client: SQSClient,
  url: string,
): Promise<{ name: string; url: string; messages: number; feeds: string | undefined }> {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
  const {
    RedrivePolicy: policy,
    ApproximateNumberOfMessages: visible = "0",
    ApproximateNumberOfMessagesNotVisible: held = "0",
  } = Attributes;
  const target = policy === undefined ? undefined : (JSON.parse(policy) as { deadLetterTargetArn?: string }).deadLetterTargetArn;
  return { name: nameOf(url), url, messages: Number(visible) + Number(held), feeds: target && nameOf(target) };
}

/** Finds a queue by its whole name, or by what follows `<service>-<stage>-`, with or without `-dead-letters`. */
export function findQueue(queues: DeadLetterQueue[], prefix: string, wanted: string): DeadLetterQueue | undefined {
  const names = [wanted, `${prefix}-${wanted}`, `${prefix}-${wanted}${SUFFIX}`];
  return queues.find(({ name }) => names.includes(name));
}
