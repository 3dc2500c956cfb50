/** `npm run dead-letters -- list|show|redrive|purge`: looks into a stage's dead-letter queues and empties them by hand. */
import { parseArgs } from "node:util";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type Letter, letterOf } from "./dead-letters/letter.ts";
import { look } from "./dead-letters/look.ts";
import { type DeadLetterQueue, deadLetterQueues, findQueue } from "./dead-letters/queues.ts";
import { purge, redrive } from "./dead-letters/redrive.ts";

const usage = `usage: npm run dead-letters -- <command> [options]
  list                      every dead-letter queue with its messages
  show [queue]              the messages: code, reason, type, tenant, age; nothing is consumed
  redrive [queue]           sends messages back to their source (unrouted ones, by name, to the bus)
  purge <queue> <message>   deletes one message for good, and prints it
options
  --stage <stage>   the stage (default: that of TENANTRY_TABLE, else dev)
  --max <n>         messages of a queue at the most (default 100)
  --watch <s>       seconds to watch for messages that fail again (default 10)
  --bus <name>      the event bus (default: TENANTRY_EVENT_BUS, else tenantry)
  --json            one JSON object a line`;

/** A mistake of the caller's. */
class UsageError extends Error {}

function arguments_() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        stage: { type: "string", default: process.env["TENANTRY_TABLE"]?.replace(/^tenantry-/, "") ?? "dev" },
        max: { type: "string", default: "100" },
        watch: { type: "string", default: "10" },
        bus: { type: "string", default: process.env["TENANTRY_EVENT_BUS"] ?? "tenantry" },
        json: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${option} is a whole number`);
  return value;
}

const ageOf = (seconds: number): string => {
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const [size, name] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${name}`;
};

const lineOf = ({ messageId, code, reason, type, tenant, ageSeconds }: Letter): string =>
  `  ${messageId}  ${type}  ${tenant ?? "-"}  ${ageOf(ageSeconds)}\n    ${code}: ${reason}`;

const rowOf = (queue: DeadLetterQueue, { messageId, code, reason, type, tenant, ageSeconds }: Letter) => ({
  queue: queue.name,
  messageId,
  type,
  tenant,
  ageSeconds,
  code,
  reason,
});

/** Answers the exit code: 1 where a message could not be moved, or failed again. */
async function main(): Promise<number> {
  const { values, positionals } = arguments_();
  const [command, wanted, messageId] = positionals;
  const prefix = `tenantry-${values.stage}`;
  const max = numberOf("max", values.max);
  const watchMs = numberOf("watch", values.watch) * 1_000;
  const say = (line: string, row: object): void => console.log(values.json ? JSON.stringify(row) : line);
  if (command === undefined || !["list", "show", "redrive", "purge"].includes(command)) throw new UsageError(usage);
  const clients = { sqs: new SQSClient({}), bus: new EventBridgeClient({}) };
  const all = await deadLetterQueues(clients.sqs, prefix);
  if (all.length === 0) throw new UsageError(`there is no queue ${prefix}-*: is the stage (--stage) right, and the account and region?`);
  const named = wanted === undefined ? undefined : findQueue(all, prefix, wanted);
  if (wanted !== undefined && named === undefined)
    throw new UsageError(`there is no dead-letter queue "${wanted}"; there are ${all.map(({ name }) => name).join(", ")}`);

  if (command === "list") {
    for (const { name, messages, source, kind } of all)
      say(`${String(messages).padStart(7)}  ${name}`, { queue: name, messages, kind, source: source?.name });
    return 0;
  }
  if (command === "show") {
    for (const queue of named === undefined ? all.filter(({ messages }) => messages > 0) : [named]) {
      const letters = (await look(clients.sqs, queue.url, max)).map((message) => letterOf(message, new Date()));
      if (!values.json) console.log(`${queue.name}: ${letters.length} of ${queue.messages}`);
      for (const letter of letters) say(lineOf(letter), { ...rowOf(queue, letter), body: letter.body });
    }
    return 0;
  }
  if (command === "purge") {
    if (named === undefined || messageId === undefined) throw new UsageError("purge takes a queue and the id of a message");
    const letter = await purge(named, messageId, clients);
    if (letter === undefined) throw new UsageError(`${named.name} shows no message ${messageId}`);
    say(`deleted ${lineOf(letter).trim()}\n    ${letter.body}`, { ...rowOf(named, letter), outcome: "deleted", body: letter.body });
    return 0;
  }
  if (named?.kind === "final")
    throw new UsageError(`what ${named.name} holds goes nowhere: the sweep has done its work. See it with show, delete it with purge.`);
  let code = 0;
  for (const queue of named === undefined ? all.filter(({ kind, messages }) => kind === "queue" && messages > 0) : [named]) {
    for (const { letter, outcome, note } of await redrive(queue, clients, { max, watchMs, busName: values.bus })) {
      if (outcome !== "moved") code = 1;
      say(`${outcome.padEnd(8)} ${queue.name}${lineOf(letter).split("\n")[0]}\n    ${note}`, { ...rowOf(queue, letter), outcome, note });
    }
  }
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? error.message : `dead-letters failed: ${String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
