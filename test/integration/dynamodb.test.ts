import { afterAll, beforeAll } from "@jest/globals";
import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, QueryCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { createClusterSlots } from "../../shared/adapters/dynamodb/cluster-slots.ts";
import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { createDriftChecks } from "../../shared/adapters/dynamodb/drift-checks.ts";
import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { createGrantsRounds } from "../../shared/adapters/dynamodb/grants-rounds.ts";
import { createOutbox } from "../../shared/adapters/dynamodb/outbox.ts";
import { createRevisionIndex, createRevisionLog } from "../../shared/adapters/dynamodb/revisions.ts";
import { openTable, type Table, toItem } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createWebhookInbox } from "../../shared/adapters/dynamodb/webhook-inbox.ts";
import { clusterRegistryContract } from "../contract/cluster-registry.ts";
import { clusterSlotsContract } from "../contract/cluster-slots.ts";
import { directoryContract } from "../contract/directory.ts";
import { grantsRoundsContract } from "../contract/grants-rounds.ts";
import { driftChecksContract } from "../contract/drift-checks.ts";
import { dueIndexContract } from "../contract/due-index.ts";
import { revisionContract } from "../contract/revisions.ts";
import { tenantStoreContract } from "../contract/tenant-store.ts";
import { webhookInboxContract } from "../contract/webhook-inbox.ts";
import { withLeadingKeys } from "../support/leading-keys.ts";
import { anId, dynamodb, tableName } from "../support/stack.ts";

/** A table as the stack's own, keys and indexes, without its stream: the stack's outbox would publish what the tests write. */
let table: Table;

beforeAll(async () => {
  const { Table: own } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName() }));
  if (own === undefined) throw new Error(`The stack has no table ${tableName()}`);
  const TableName = anId("contract");
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: own.AttributeDefinitions,
      KeySchema: own.KeySchema,
      GlobalSecondaryIndexes: own.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      })),
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName });
  table = openTable(TableName);
});
afterAll(async () => {
  await dynamodb.send(new DeleteTableCommand({ TableName: table.name }));
});

tenantStoreContract("The DynamoDB table", async () => ({
  store: createTenantStore(table),
  events: async (tenantId) => {
    const { Count = 0 } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues: toItem({ ":pk": `TENANT#${tenantId}`, ":sk": "EVENT#" }),
        ConsistentRead: true,
      }),
    );
    return Count;
  },
}));

dueIndexContract("The DynamoDB table", async () => ({
  store: createTenantStore(table),
  index: createDueIndex(table),
  outbox: createOutbox(table),
}));

revisionContract("The DynamoDB table", async () => ({
  store: createTenantStore(table),
  registry: createClusterRegistry(table),
  index: createRevisionIndex(table, 2),
  log: createRevisionLog(table),
}));

clusterRegistryContract("The DynamoDB table", async () => ({
  registry: createClusterRegistry(table),
  findDedupe: (key) => createTenantStore(table).findDedupe(key),
}));

grantsRoundsContract("The DynamoDB table", async () => createGrantsRounds(table));

driftChecksContract("The DynamoDB table", async () => ({
  checks: createDriftChecks(table),
  findDedupe: (key) => createTenantStore(table).findDedupe(key),
}));

// What SCIM and webhooks may reach of the table, by the roles of their functions (infra/roles.cjs).
directoryContract("The DynamoDB table", async () => ({
  directory: createDirectory(withLeadingKeys(table, "IDP#")),
  index: createDueIndex(table),
}));

webhookInboxContract("The DynamoDB table", async () => ({
  inbox: createWebhookInbox(withLeadingKeys(table, "WEBHOOK#")),
  index: createDueIndex(table),
}));

clusterSlotsContract("The DynamoDB table", async () => createClusterSlots(table));
