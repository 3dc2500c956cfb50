import { describe, expect, test } from "@jest/globals";
import { nextCursorOf } from "../../../shared/http/cursor.ts";
import { grantsApi } from "../../../shared/http/routes/grants-api.ts";
import { tenantsApi } from "../../../shared/http/routes/tenants-api.ts";
import { harness } from "./requests.ts";

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const lists = {
  tenants: { routes: tenantsApi, path: "/tenants", position: "acme-1" },
  events: { routes: tenantsApi, path: "/tenants/acme/events", position: "17" },
  // The longest user id, as long as it may be in UTF-8, and the longest role.
  grants: { routes: grantsApi, path: "/tenants/acme/grants", position: base64url(`${"€".repeat(256)}\n${"r".repeat(63)}`) },
} as const;
type List = keyof typeof lists;

const ask = async (list: List, cursor: string) => {
  const { send, seen } = harness(lists[list].routes);
  const { status, body } = await send({ method: "GET", path: lists[list].path, query: { cursor } });
  return { status, errors: body.errors, position: (seen[0]?.request.query as { cursor?: string } | undefined)?.cursor };
};

describe.each(Object.keys(lists) as List[])("A cursor of the list of %s", (list) => {
  const { position } = lists[list];
  const { nextCursor = "" } = nextCursorOf(list, position);

  test("leads to the position that it was made of", async () => {
    expect(await ask(list, nextCursor)).toMatchObject({ status: 200, position });
  });
  test("is refused by the other lists", async () => {
    for (const other of (Object.keys(lists) as List[]).filter((one) => one !== list))
      expect(await ask(other, nextCursor)).toMatchObject({ status: 400, errors: [{ in: "query", pointer: "/cursor" }] });
  });
  test.each([
    "",
    "nonsense",
    base64url('{"after":5}'),
    base64url('{"before":"x"}'),
    `t.${"a".repeat(41)}`,
    "e.0",
    "e.-1",
    "e.1e3",
    `e.${"9".repeat(13)}`,
    "g.",
    "g.a",
    "g.a b",
    `g.${"a".repeat(1_201)}`,
  ])("is not %j: 400, and nothing is read", async (cursor) => {
    expect(await ask(list, cursor)).toMatchObject({ status: 400, errors: [{ in: "query", pointer: "/cursor" }], position: undefined });
  });
});

test("the last page has no cursor", () => {
  expect(nextCursorOf("tenants", undefined)).toEqual({});
});
