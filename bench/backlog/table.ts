import { BatchGetItemCommand, DeleteItemCommand, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { fromItem, type Item, shardOf, type Table } from "../../shared/adapters/dynamodb/table.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import type { DueItem, DueKind, TenantStore } from "../../shared/ports.ts";
import { MemoryDueIndex, type MemoryTable } from "../../test/support/memory-table.ts";
import type { SimulatedTime } from "./time.ts";

/** What one call of DynamoDB takes, milliseconds. */
const CALL_MS = 6;

/** Writes a second by key: of the table, and of its indexes `due` and `list`, which a write to the table brings about. */
export class WriteCounts {
  readonly most = new Map<string, number>();
  readonly #time: SimulatedTime;
  #second = 0;
  #counts = new Map<string, number>();

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  add(key: string, writes = 1): void {
    const second = Math.floor(this.#time.nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(key) ?? 0) + writes;
    this.#counts.set(key, count);
    if (count > (this.most.get(key) ?? 0)) this.most.set(key, count);
  }

  /** The highest count among the keys that begin so. */
  mostOf(prefix: string): number {
    return Math.max(0, ...[...this.most].filter(([key]) => key.startsWith(prefix)).map(([, count]) => count));
  }
}

/** The store in memory, each call of which takes its time, and each write of which is counted where DynamoDB would write. */
export function countedStore(table: MemoryTable, time: SimulatedTime, writes: WriteCounts): TenantStore {
  const counted = async <T>(tenantId: string, write: () => Promise<T>): Promise<T> => {
    await time.sleep(CALL_MS);
    const before = pick(table.tenants.get(tenantId));
    const answer = await write();
    const after = pick(table.tenants.get(tenantId));
    writes.add(`TENANT#${tenantId}`);
    const shard = shardOf(tenantId);
    // A key of an index that changes is deleted and put again.
    if (before.dueAt !== after.dueAt)
      writes.add(`due tenant#${shard}`, [before.dueAt, after.dueAt].filter((at) => at !== undefined).length);
    if (before.listed !== after.listed) writes.add(`list tenants#${shard}`);
    return answer;
  };
  const own: Partial<TenantStore> = {
    get: async (tenantId) => {
      await time.sleep(CALL_MS);
      return table.get(tenantId);
    },
    write: (write) => counted(write.after.tenantId, () => table.write(write)),
    begin: (tenantId, request) => counted(tenantId, () => table.begin(tenantId, request)),
    release: (tenantId, owner, dueAt) => counted(tenantId, () => table.release(tenantId, owner, dueAt)),
  };
  return new Proxy<TenantStore>(table, {
    get: (target, name) => Reflect.get(name in own ? own : target, name),
  });
}

/** What of a tenant the indexes `due` and `list` hold. */
const pick = (tenant: Tenant | undefined): { dueAt: string | undefined; listed: string } => ({
  dueAt: tenant?.dueAt,
  listed: JSON.stringify([
    tenant?.desired.tier,
    tenant?.status.appliedRevision,
    tenant?.status.observedGeneration,
    tenant?.lease === undefined,
  ]),
});

/** The due index, by the shards of the table's own keys. */
export class CountedIndex extends MemoryDueIndex {
  readonly #table: MemoryTable;
  readonly #time: SimulatedTime;
  readonly #writes: WriteCounts;
  constructor(table: MemoryTable, time: SimulatedTime, writes: WriteCounts) {
    super(table);
    this.#table = table;
    this.#time = time;
    this.#writes = writes;
  }

  override async due(kind: DueKind, shard: number, now: string, limit: number): Promise<DueItem[]> {
    await this.#time.sleep(CALL_MS);
    if (kind !== "tenant") return [];
    const due: DueItem[] = [];
    for (const { tenantId, dueAt } of this.#table.tenants.values())
      if (dueAt !== undefined && dueAt <= now && shardOf(tenantId) === shard) due.push({ pk: `TENANT#${tenantId}`, sk: "TENANT", dueAt });
    return due.sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)).slice(0, limit);
  }

  override async claim(item: DueItem, next: string): Promise<string | undefined> {
    await this.#time.sleep(CALL_MS);
    const since = await super.claim(item, next);
    this.#writes.add(item.pk);
    if (since !== undefined) this.#writes.add(`due tenant#${shardOf(item.pk.slice("TENANT#".length))}`, 2);
    return since;
  }
}

const HELD = "attribute_not_exists(#until) OR #until < :now OR #owner = :owner";

/** A table that holds slots, and knows the three requests that the adapter of slots makes. */
export function slotsTable(time: SimulatedTime, writes: WriteCounts): Table {
  const items = new Map<string, { item: Item; owner: string; until: string }>();
  const keyOf = (key: Item | undefined): string => key?.["pk"]?.S ?? "";
  const refuse = (): never => {
    throw Object.assign(new Error("The condition does not hold."), { name: "ConditionalCheckFailedException" });
  };
  const send = async (command: unknown): Promise<object> => {
    await time.sleep(CALL_MS);
    if (command instanceof BatchGetItemCommand) {
      const { Keys = [] } = command.input.RequestItems?.["table"] ?? {};
      return { Responses: { table: Keys.map((key) => items.get(keyOf(key as Item))?.item).filter((item) => item !== undefined) } };
    }
    if (command instanceof UpdateItemCommand && command.input.ConditionExpression === HELD) {
      const key = keyOf(command.input.Key as Item);
      writes.add(key);
      const values = fromItem(command.input.ExpressionAttributeValues as Item) as Record<":owner" | ":until" | ":now", string>;
      const held = items.get(key);
      if (held !== undefined && held.until >= values[":now"] && held.owner !== values[":owner"]) return refuse();
      const [owner, until] = [values[":owner"], values[":until"]];
      items.set(key, { item: { ...(command.input.Key as Item), owner: { S: owner }, until: { S: until } }, owner, until });
      return {};
    }
    if (command instanceof DeleteItemCommand) {
      const key = keyOf(command.input.Key as Item);
      writes.add(key);
      items.delete(key);
      return {};
    }
    throw new Error("A request that the simulated table does not know: the adapter of slots has changed.");
  };
  return { name: "table", client: { send } as unknown as DynamoDBClient };
}
