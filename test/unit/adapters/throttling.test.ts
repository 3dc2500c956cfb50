import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, expect, test } from "@jest/globals";
import { retryingThrottled } from "../../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../../shared/adapters/dynamodb/tenant-store.ts";
import { WriteConflict } from "../../../shared/ports.ts";
import { aTenant } from "../../support/builders.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A store on a DynamoDB that cancels the first transactions for the reasons told, and takes the next. */
async function storeBeside(...cancelled: string[][]) {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const reasons = cancelled[tokens.length];
      tokens.push((JSON.parse(body) as { ClientRequestToken: string }).ClientRequestToken);
      response.writeHead(reasons === undefined ? 200 : 400, { "content-type": "application/x-amz-json-1.0" });
      const error = { __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", message: "Transaction cancelled" };
      response.end(JSON.stringify(reasons === undefined ? {} : { ...error, CancellationReasons: reasons.map((Code) => ({ Code })) }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = retryingThrottled(new DynamoDBClient({ endpoint, region: "eu-central-1", credentials, maxAttempts: 3 }));
  const store = createTenantStore({ client, name: "table" });
  const onboard = () => store.write({ before: undefined, after: aTenant(), lease: "take" });
  return { onboard, tokens };
}

test("A transaction that the table throttles is repeated after a pause, as the same one", async () => {
  const { onboard, tokens } = await storeBeside(["ThrottlingError"], ["None", "ProvisionedThroughputExceeded"]);
  await onboard();
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(1);
});

test("A transaction that is throttled every time fails, and not as a conflict", async () => {
  const { onboard, tokens } = await storeBeside(...Array.from({ length: 9 }, () => ["ThrottlingError", "ConditionalCheckFailed"]));
  const error = await onboard().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "TransactionCanceledException" });
  expect(error).not.toBeInstanceOf(WriteConflict);
  expect(tokens).toHaveLength(3);
});

test.each(["ConditionalCheckFailed", "TransactionConflict"])("A transaction cancelled by %s is a conflict at once", async (reason) => {
  const { onboard, tokens } = await storeBeside(["None", reason]);
  await expect(onboard()).rejects.toBeInstanceOf(WriteConflict);
  expect(tokens).toHaveLength(1);
});
