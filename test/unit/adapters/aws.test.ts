import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { awsClient, slowAwsClient } from "../../../shared/adapters/aws.ts";

/** Takes every request, and answers none. */
let silent: Server;
const before = { ...process.env };

beforeAll(async () => {
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
});
afterAll(() => {
  process.env = before;
  silent.closeAllConnections();
  silent.close();
});

test("a request that AWS does not answer is an error after two seconds", async () => {
  const started = performance.now();
  await expect(new DynamoDBClient({ ...awsClient, maxAttempts: 1 }).send(new ListTablesCommand())).rejects.toThrow("exceeded");
  expect(performance.now() - started).toBeLessThan(4_000);
});

test("all tries of a call together end within what a sweep keeps of its time", () => {
  for (const { maxAttempts, requestHandler } of [awsClient, slowAwsClient]) {
    expect(requestHandler.throwOnRequestTimeout).toBe(true);
    expect(maxAttempts * requestHandler.requestTimeout).toBeLessThan(10_000);
  }
});

test("every client of AWS in what is deployed has these bounds", () => {
  const files = readdirSync("shared", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const made = files.flatMap((file) =>
    [...readFileSync(join("shared", file), "utf8").matchAll(/new (\w+Client)\(([^)]*)\)/g)].map(([, client, options]) => ({
      file,
      client,
      options,
    })),
  );
  const ofAws = made.filter(({ client }) => client !== "KubernetesClient");
  expect(ofAws.length).toBeGreaterThanOrEqual(9);
  expect(ofAws.filter(({ options }) => !/(awsClient|slowAwsClient)/.test(options ?? ""))).toEqual([]);
});
