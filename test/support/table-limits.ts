/** What DynamoDB takes at the most: bytes of an item, a key and a transaction, and items of a transaction. */
export const MOST = {
  itemBytes: 400 * 1024,
  partitionKeyBytes: 2_048,
  sortKeyBytes: 1_024,
  transactionBytes: 4 * 1024 * 1024,
  transactionItems: 100,
};

/** Bytes from which an item counts as one that grows without a bound. */
export const LARGE_ITEM_BYTES = 300_000;

type Item = Record<string, unknown>;

/** Keys of the table and of its indexes, as infra/table.yml has them. */
const partitionKeys = ["pk", "dueShard", "listShard", "cluster", "userKey"];
const sortKeys = ["sk", "dueAt", "tenantId"];

/** Refuses what DynamoDB refuses for its size, and remembers the items that came near to it. */
export class TableLimits {
  /** `<pk> <sk>` of the large items that were written, or were to be, with the largest size, bytes. */
  readonly large = new Map<string, number>();

  /** Checks the items of one write; `deletes` are items that it takes away. Throws `ValidationException`. */
  check(items: readonly Item[], deletes = 0): void {
    if (items.length + deletes > MOST.transactionItems)
      refuse(`Member must have length less than or equal to ${MOST.transactionItems}: ${items.length + deletes} items`);
    let total = 0;
    for (const item of items) {
      const name = `${item["pk"]} ${item["sk"]}`;
      checkKeys(item);
      const size = sizeOfItem(item);
      if (size > LARGE_ITEM_BYTES) this.large.set(name, Math.max(size, this.large.get(name) ?? 0));
      if (size > MOST.itemBytes) refuse(`Item size has exceeded the maximum allowed size: ${name}, ${size} bytes`);
      total += size;
    }
    if (total > MOST.transactionBytes) refuse(`Transaction size has exceeded the maximum allowed size: ${total} bytes`);
  }
}

function checkKeys(item: Item): void {
  const within = (name: string, most: number): void => {
    const value = item[name];
    if (typeof value !== "string") return;
    const bytes = Buffer.byteLength(value);
    if (bytes > most) refuse(`One or more parameter values were invalid: the key ${name} has ${bytes} bytes, and may have ${most}`);
    if (bytes === 0) refuse(`One or more parameter values were invalid: the key ${name} is empty`);
  };
  for (const name of partitionKeys) within(name, MOST.partitionKeyBytes);
  for (const name of sortKeys) within(name, MOST.sortKeyBytes);
  // In the index of a person's items, the partition key of the table is the sort key.
  if (item["userKey"] !== undefined) within("pk", MOST.sortKeyBytes);
}

/** Size of an item as DynamoDB counts it: names and values, in UTF-8; attributes that are `undefined` are not written. */
export function sizeOfItem(item: Item): number {
  let size = 0;
  for (const name in item) if (item[name] !== undefined) size += Buffer.byteLength(name) + sizeOf(item[name]);
  return size;
}

/** A list or map takes 3 bytes, and 1 for each member. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(value).length / 2) + 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, member) => sum + 1 + sizeOf(member), 3);
  if (typeof value !== "object" || value === null) return 1;
  const members = Object.values(value).filter((member) => member !== undefined).length;
  return 3 + members + sizeOfItem(value as Item);
}

function refuse(message: string): never {
  throw Object.assign(new Error(message), { name: "ValidationException" });
}
