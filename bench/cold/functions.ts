import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { projectDir } from "../../local/paths.ts";

export interface DeployedFunction {
  /** Its key in serverless.yml. */
  key: string;
  /** Its entry file, from the project's root. */
  entry: string;
  /** The environment that it needs to be imported, with made-up values. */
  env: Record<string, string>;
  /** Whether its role may assume those of clusters (infra/permissions.yml). */
  reachesClusters: boolean;
  /** Whether it uses clients of AWS beyond the table and queues: for secrets, or for EKS. */
  usesMore: boolean;
}

export interface Deployment {
  functions: DeployedFunction[];
  /** `custom.esbuild` of serverless.yml: esbuild's options, and the plugin's own among them. */
  esbuild: Record<string, unknown>;
}

interface ServerlessConfig {
  provider: { environment?: Record<string, unknown> };
  custom: { esbuild: Record<string, unknown> };
  functions: Record<string, { handler: string; environment?: Record<string, unknown> }>;
}

/** CloudFormation's tags (`!Ref`) are read as what they stand on; their values do not matter here. */
const read = async (file: string): Promise<unknown> =>
  parse(await readFile(join(projectDir, file), "utf8"), { logLevel: "silent", merge: true });

const madeUp = (name: string): string =>
  name.endsWith("_URL") ? "https://example.invalid/queue" : ({ LOG_LEVEL: "INFO", CLIENT_TENANTS: "" }[name] ?? "bench");

/** What is deployed, as serverless.yml and infra/permissions.yml say it. */
export async function readDeployment(): Promise<Deployment> {
  const config = (await read("serverless.yml")) as ServerlessConfig;
  const permissions = (await read("infra/permissions.yml")) as { functions: Record<string, { calls?: Record<string, string[]> }> };
  const functions = Object.entries(config.functions).map(([key, { handler, environment }]): DeployedFunction => {
    const names = [...Object.keys(config.provider.environment ?? {}), ...Object.keys(environment ?? {})];
    const actions = Object.values(permissions.functions[key]?.calls ?? {}).flat();
    return {
      key,
      entry: handler.replace(/\.\w+$/, ".ts"),
      env: Object.fromEntries(names.map((name) => [name, madeUp(name)])),
      reachesClusters: actions.includes("sts:AssumeRole"),
      usesMore: actions.some((action) => /^(secretsmanager|eks):/.test(action)),
    };
  });
  if (functions.length === 0) throw new Error("serverless.yml names no functions.");
  return { functions, esbuild: config.custom.esbuild };
}
