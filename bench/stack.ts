import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { recordedRequests } from "../local/aws/recorded-calls.ts";
import { localDir } from "../local/paths.ts";
import { startStack } from "../local/stack.ts";
import { runningStack } from "../local/stack-record.ts";

/** The stack of `npm start` where one runs (what a benchmark makes there stays), else one of its own. Its environment is put into ours. */
export async function useStack(name: string, log: (line: string) => void): Promise<{ stop(): Promise<void> }> {
  const envFile = join(localDir, "stack.env");
  if (runningStack() !== undefined && existsSync(envFile)) {
    Object.assign(process.env, parseEnv(readFileSync(envFile, "utf8")));
    log("on the stack of `npm start`");
    return { stop: async () => {} };
  }
  const dataDir = join(localDir, `bench-${name}-${process.pid}`);
  const stack = await startStack({ dataDir, log: (line) => log(`  stack: ${line}`) });
  await stack.registerCluster();
  Object.assign(process.env, stack.env);
  return {
    stop: async () => {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const env = (name: string): string => process.env[name] ?? "";

/** What functions asked of AWS so far, by call; of all functions together where none is named. */
export async function asked(...functionKeys: string[]): Promise<Map<string, number>> {
  const credentials = { accessKeyId: env("AWS_ACCESS_KEY_ID"), secretAccessKey: env("AWS_SECRET_ACCESS_KEY") };
  const counts = new Map<string, number>();
  for (const { functionKey = "", name } of await recordedRequests({ endpoint: env("AWS_ENDPOINT_URL"), credentials }))
    if (functionKeys.includes(functionKey)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The calls made between two looks, each divided by `by`, in words. */
export function callsBetween(before: Map<string, number>, after: Map<string, number>, by: number): string {
  return [...after]
    .map(([name, count]): [string, number] => [name, (count - (before.get(name) ?? 0)) / by])
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count.toFixed(1)}`)
    .join(", ");
}
