import { join } from "node:path";
import { withLock } from "../locks.ts";
import type { Log } from "../log.ts";
import { binDir, localDir, projectDir } from "../paths.ts";
import type { ProcessGroup } from "../processes.ts";
import { OperatorClient } from "./client.ts";
import { type Aws, REGION } from "./ministack.ts";

export const STAGE = "local";

/** What the deployed stack says of itself. */
export interface Deployment {
  apiUrl: string;
  eventBus: string;
  table: string;
  userPoolId: string;
  clientId: string;
}

export function awsEnv(aws: Aws): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
  };
}

/** The same `serverless deploy` as for AWS. Two at once would share the build folder of the checkout, hence the lock. */
export async function deploy(aws: Aws, processes: ProcessGroup, log: Log, params: Record<string, string> = {}): Promise<Deployment> {
  await withLock(join(localDir, "deploy.lock"), log, async () => {
    const settings = { CI: "1", SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off", SLS_AWS_MONITORING_FREQUENCY: "250" };
    const inherited = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };
    const given = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    const spec = {
      name: "deploy",
      command: join(binDir, "node"),
      args: [join(binDir, "serverless"), "deploy", "--stage", STAGE, "--region", REGION, ...given],
      cwd: projectDir,
      env: { ...inherited, ...awsEnv(aws), ...settings },
    };
    // After a failed build, esbuild's own process keeps the command from ending.
    await processes.runToEnd(spec, { seconds: 300, failure: /failed to deploy|^Error:/m });
  });
  const outputs = await stackOutputs(aws, `tenantry-${STAGE}`);
  const output = (name: string): string => {
    const value = outputs.get(name);
    if (value === undefined) throw new Error(`the deployed stack has no output ${name}`);
    return value;
  };
  return {
    apiUrl: `${aws.endpoint}/_aws/execute-api/${output("ApiId")}`,
    eventBus: output("BusName"),
    table: output("TableName"),
    userPoolId: output("UserPoolId"),
    clientId: output("ClientId"),
  };
}

async function stackOutputs(aws: Aws, stack: string): Promise<Map<string, string>> {
  const operator = new OperatorClient(aws);
  const xml = await operator.query("cloudformation", "2010-05-15", { Action: "DescribeStacks", StackName: stack });
  const pairs = xml.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g);
  return new Map([...pairs].map(([, key = "", value = ""]) => [key, value]));
}
