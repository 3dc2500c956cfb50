import { OperatorClient } from "./client.ts";
import { STAGE } from "./deploy.ts";
import type { Aws } from "./ministack.ts";

interface LogEvent {
  timestamp: number;
  message: string;
}

/** What a function logged so far, oldest first, by its key in serverless.yml. */
export async function functionLogs(aws: Aws, functionKey: string): Promise<string[]> {
  const operator = new OperatorClient(aws);
  const ask = <T>(operation: string, input: object): Promise<T> => operator.json<T>("logs", `Logs_20140328.${operation}`, input);
  const logGroupName = `/aws/lambda/tenantry-${STAGE}-${functionKey}`;
  const { logStreams } = await ask<{ logStreams: { logStreamName: string }[] }>("DescribeLogStreams", { logGroupName });
  const pages = await Promise.all(
    logStreams.map(({ logStreamName }) => ask<{ events: LogEvent[] }>("GetLogEvents", { logGroupName, logStreamName })),
  );
  const events = pages.flatMap((page) => page.events).sort((a, b) => a.timestamp - b.timestamp);
  return events.map((event) => event.message.trimEnd());
}

/** The warnings and errors of every function, each line with the function's key before it. */
export async function functionProblems(aws: Aws): Promise<string[]> {
  const prefix = `/aws/lambda/tenantry-${STAGE}-`;
  const { logGroups } = await new OperatorClient(aws).json<{ logGroups: { logGroupName: string }[] }>(
    "logs",
    "Logs_20140328.DescribeLogGroups",
    { logGroupNamePrefix: prefix },
  );
  const keys = logGroups.map((group) => group.logGroupName.slice(prefix.length));
  const lines = await Promise.all(
    keys.map(async (key) =>
      (await functionLogs(aws, key)).filter((line) => /"level":"(WARN|ERROR)"|Error:/.test(line)).map((line) => `${key}: ${line}`),
    ),
  );
  return lines.flat();
}
