import { describe, expect, test } from "@jest/globals";
import { Cursor, type Page } from "../../../shared/usecases/drift/cursor.ts";

/** Pages that come when they are let. */
function aList(pages: string[][]) {
  const asked: number[] = [];
  const waiting = new Map<number, (page: Page<string>) => void>();
  const fetch = (token: string | undefined): Promise<Page<string>> => {
    const index = Number(token ?? 0);
    asked.push(index);
    return new Promise((resolve) => waiting.set(index, resolve));
  };
  const come = async (index: number): Promise<void> => {
    waiting.get(index)?.({ items: pages[index] ?? [], ...(index + 1 < pages.length && { next: String(index + 1) }) });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, come, cursor: new Cursor(fetch, (item) => item) };
}

describe("A list that comes in pages", () => {
  test("is read ahead before anybody turns to it, but never more than two pages of it are held", async () => {
    const { asked, come, cursor } = aList([["a"], ["b"], ["c"], ["d"]]);
    expect(asked).toEqual([0]);
    await come(0);
    expect(asked).toEqual([0, 1]);
    await come(1);
    expect(asked).toEqual([0, 1]);
    await cursor.ready();
    expect([cursor.head, cursor.token, asked]).toEqual(["a", undefined, [0, 1]]);
    cursor.advance();
    await cursor.ready();
    expect([cursor.head, cursor.token, asked]).toEqual(["b", "1", [0, 1, 2]]);
    await come(2);
    expect(asked).toEqual([0, 1, 2]);
  });

  test("is told whole and once, pages without an item and all", async () => {
    const { come, cursor } = aList([[], ["a", "b"], [], ["c"], []]);
    const told: string[] = [];
    const walk = (async () => {
      for (;;) {
        await cursor.ready();
        if (cursor.head === undefined) return;
        told.push(cursor.head);
        cursor.advance();
      }
    })();
    for (const index of [0, 1, 2, 3, 4]) await come(index);
    await walk;
    expect(told).toEqual(["a", "b", "c"]);
    expect(cursor.ready()).toBeUndefined();
  });

  test("tells of a page that failed to who turns to it", async () => {
    const cursor = new Cursor(
      async (token) => {
        if (token !== undefined) throw new Error("gone");
        return { items: ["a"], next: "1" };
      },
      (item: string) => item,
    );
    await new Promise((resolve) => setImmediate(resolve));
    await cursor.ready();
    expect(cursor.head).toBe("a");
    cursor.advance();
    await expect(cursor.ready()).rejects.toThrow("gone");
    await cursor.settled();
  });
});
