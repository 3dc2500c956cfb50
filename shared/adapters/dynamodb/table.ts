import { createHash } from "node:crypto";
import { type AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { awsClient } from "../aws.ts";
import type { DueKind } from "../../ports.ts";

/** The one table: its client and name. */
export interface Table {
  client: DynamoDBClient;
  name: string;
}

export function openTable(name: string): Table {
  return { client: retryingThrottled(new DynamoDBClient(awsClient)), name };
}

/**
 * Has the SDK repeat a transaction that the table throttled, after the SDK's growing pauses and under the same client token, as it repeats
 * every other throttled call: by the error's name alone it cannot tell it from one whose condition did not hold.
 */
export function retryingThrottled(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw isThrottled(error) ? Object.assign(error, { $retryable: { throttling: true } }) : error;
      }
    },
    { step: "finalizeRequest", name: "throttledTransactions", priority: "low" },
  );
  return client;
}

export type Item = Record<string, AttributeValue>;

/** Shards of the sparse due index and of the list index: a sweep reads each once. */
export const SHARDS = 8;

/** A shard by hash, so that one partition never takes all. */
export function shardOf(key: string): number {
  return (createHash("sha256").update(key).digest()[0] ?? 0) % SHARDS;
}

/** A key for text of any length. Other text in keys is an id, of at most `ID_BYTES` (domain/directory.ts). */
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

export const keys = {
  tenant: (tenantId: string) => ({ pk: `TENANT#${tenantId}`, sk: "TENANT" }),
  event: (tenantId: string, sequence: number) => ({ pk: `TENANT#${tenantId}`, sk: `EVENT#${String(sequence).padStart(12, "0")}` }),
  grant: (tenantId: string, grantId: string) => ({ pk: `TENANT#${tenantId}`, sk: `GRANT#${grantId}` }),
  /** By kind and name, so that a page of a cluster's list is one range. */
  sleeper: (tenantId: string, kind: string, name: string) => ({ pk: `TENANT#${tenantId}`, sk: `SLEEPER#${kind}#${name}` }),
  /** Under which the index `user` finds a person's grants. */
  userOfGrants: (userId: string) => `GRANTS#${userId}`,
  user: (provider: string, id: string) => ({ pk: `IDP#${provider}`, sk: `USER#${id}` }),
  /** Who has a name, whatever its case. */
  userName: (provider: string, userName: string) => ({ pk: `IDP#${provider}#NAME#${digest(userName.toLowerCase())}`, sk: "NAME" }),
  /** How far the comparison of a provider's grants is. */
  grantsRound: (provider: string) => ({ pk: `IDP#${provider}`, sk: "COMPARISON" }),
  group: (provider: string, id: string) => ({ pk: `IDP#${provider}`, sk: `GROUP#${id}` }),
  member: (provider: string, groupId: string, userId: string) => ({ pk: `IDP#${provider}#GROUP#${groupId}`, sk: `MEMBER#${userId}` }),
  /** Under which the index `user` finds a user's memberships, users by `externalId`, and groups by name. */
  userOfMemberships: (provider: string, userId: string) => `MEMBER#${provider}#${userId}`,
  externalId: (provider: string, externalId: string) => `EXTERNALID#${provider}#${digest(externalId)}`,
  groupName: (provider: string, displayName: string) => `GROUPNAME#${provider}#${digest(displayName.toLowerCase())}`,
  webhook: (provider: string, id: string) => ({ pk: `WEBHOOK#${provider}#${id}`, sk: "MESSAGE" }),
  dedupe: (key: string) => ({ pk: `DEDUPE#${digest(key)}`, sk: "DEDUPE" }),
  cluster: (name: string) => ({ pk: "CLUSTERS", sk: `CLUSTER#${name}` }),
  driftCheck: (cluster: string) => ({ pk: "DRIFTCHECKS", sk: `CLUSTER#${cluster}` }),
  wave: () => ({ pk: "CLUSTERS", sk: "REVISIONS" }),
  slot: (pool: string, slot: number) => ({ pk: `SLOTS#${pool}#${slot}`, sk: "SLOT" }),
  dueShard: (kind: DueKind, shard: number) => `${kind}#${shard}`,
  listShard: (shard: number) => `tenants#${shard}`,
};

/** A map with a member named `constructor` looks like a class instance to the mapper: it is taken as the map it is. */
export const toItem = (value: object): Item => marshall(value, { removeUndefinedValues: true, convertClassInstanceToMap: true }) as Item;
export const fromItem = (item: Item): Record<string, unknown> => unmarshall(item);

/** Builds an UpdateExpression's parts from values to set (`undefined` removes). */
export function updateOf(changes: Record<string, unknown>): {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
} {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const set: string[] = [];
  const remove: string[] = [];
  for (const [index, [name, value]] of Object.entries(changes).entries()) {
    names[`#u${index}`] = name;
    if (value === undefined) remove.push(`#u${index}`);
    else {
      values[`:u${index}`] = value;
      set.push(`#u${index} = :u${index}`);
    }
  }
  const expression = [set.length > 0 ? `SET ${set.join(", ")}` : "", remove.length > 0 ? `REMOVE ${remove.join(", ")}` : ""]
    .filter(Boolean)
    .join(" ");
  return { expression, names, values };
}

/** Why DynamoDB cancelled a transaction, item by item; `undefined` where the error is another. */
function cancellationOf(error: unknown): string[] | undefined {
  if (!(error instanceof Error) || error.name !== "TransactionCanceledException") return undefined;
  const { CancellationReasons = [] } = error as { CancellationReasons?: { Code?: string }[] };
  return CancellationReasons.map(({ Code = "None" }) => Code);
}

const isThrottled = (error: unknown): error is Error =>
  cancellationOf(error)?.some((code) => ["ThrottlingError", "ProvisionedThroughputExceeded"].includes(code)) === true;

/** Whether a write failed because its condition did not hold, or another transaction was at the item. Throttling is no conflict. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "ConditionalCheckFailedException" || error.name === "TransactionConflictException") return true;
  return cancellationOf(error)?.every((code) => ["None", "ConditionalCheckFailed", "TransactionConflict"].includes(code)) === true;
}
