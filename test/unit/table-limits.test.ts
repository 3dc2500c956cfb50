import { describe, expect, test } from "@jest/globals";
import type { Grant } from "../../shared/domain/access.ts";
import { aDesired, aDirectoryUser, aTenant } from "../support/builders.ts";
import { MemoryDirectory } from "../support/memory-directory.ts";
import { MemoryTable } from "../support/memory-table.ts";
import { LARGE_ITEM_BYTES, MOST, sizeOfItem, TableLimits } from "../support/table-limits.ts";

const refusal = (words: string) => ({ name: "ValidationException", message: expect.stringContaining(words) });
const aGrant = (userId: string): Grant => ({
  tenantId: "acme",
  userId,
  role: "tenant-viewer",
  sources: {},
  granted: true,
  version: 1,
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
});
const named = (bytes: number) => aTenant({ desired: aDesired({ name: "a".repeat(bytes) }) });

describe("The table in memory", () => {
  test("refuses an item of more than 400 KB, and keeps what stood", async () => {
    const table = new MemoryTable();
    const before = aTenant();
    await table.write({ before: undefined, after: before, lease: "ignore" });
    const write = table.write({ before, after: { ...named(MOST.itemBytes), generation: 2 }, lease: "ignore" });
    await expect(write).rejects.toMatchObject(refusal("Item size has exceeded"));
    expect(table.tenants.get("acme")?.generation).toBe(1);
  });

  test("takes an item of more than 300 KB, and tells of it", async () => {
    const table = new MemoryTable();
    await table.write({ before: undefined, after: named(LARGE_ITEM_BYTES), lease: "ignore" });
    expect([...table.limits.large.keys()]).toEqual(["TENANT#acme TENANT"]);
  });

  test("refuses a transaction of more than 100 items", async () => {
    const table = new MemoryTable();
    const before = aTenant();
    await table.write({ before: undefined, after: before, lease: "ignore" });
    const grants = Array.from({ length: 100 }, (_, number) => ({ before: undefined, after: aGrant(`user-${number}`) }));
    await table.write({ before, after: before, lease: "ignore", grants });
    const more = { before, after: { ...before, updatedAt: "2030-01-02T00:00:00.000Z" }, lease: "ignore" as const };
    const others = grants.map(({ after }) => ({ before: undefined, after: { ...after, userId: `other-${after.userId}` } }));
    await expect(table.write({ ...more, grants: others })).rejects.toMatchObject(refusal("101 items"));
  });

  test("counts a sort key in bytes, not in letters", async () => {
    const table = new MemoryTable();
    const before = aTenant();
    await table.write({ before: undefined, after: before, lease: "ignore" });
    const grant = (userId: string) => ({
      before,
      after: before,
      lease: "ignore" as const,
      grants: [{ before: undefined, after: aGrant(userId) }],
    });
    await table.write(grant("a".repeat(1_000)));
    await expect(table.write(grant("ä".repeat(600)))).rejects.toMatchObject(refusal("the key sk has"));
  });
});

test("The directory in memory refuses a user whose key has more than 1,024 bytes, written or read", async () => {
  const directory = new MemoryDirectory();
  const id = "ä".repeat(512);
  await expect(directory.writeUser(undefined, aDirectoryUser({ id }))).rejects.toMatchObject(refusal("the key sk has"));
  await expect(directory.getUser("entra", id)).rejects.toMatchObject(refusal("the key sk has"));
});

test("A transaction of more than 4 MB is refused", () => {
  const items = Array.from({ length: 11 }, (_, number) => ({ pk: `p-${number}`, sk: "s", text: "a".repeat(390_000) }));
  expect(() => new TableLimits().check(items)).toThrow("Transaction size");
});

test("An item's size counts as DynamoDB's documentation says", () => {
  const item = { pk: "a", text: "äö", list: [1, "b"], map: { c: true, none: undefined }, absent: undefined };
  expect(sizeOfItem(item)).toBe(2 + 1 + 4 + 4 + (4 + 3 + (1 + 2) + (1 + 1)) + (3 + 3 + 1 + 1 + 1));
});
