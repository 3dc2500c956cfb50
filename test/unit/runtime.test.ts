import { globSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { newId } from "../../functions/runtime.ts";

test("ids are UUIDs of version 7, in the order in which they were made", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("what is deployed asks Node for nothing that came after its first long-term release, 24.11", () => {
  const sources = globSync("{functions,shared,events}/**/*.ts", { cwd: new URL("../../", import.meta.url) });
  expect(sources.length).toBeGreaterThan(200);
  const newer = sources.filter((file) =>
    /\brandomUUIDv7\b/.test(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").replace(/\/\*\*.*?\*\//gs, "")),
  );
  expect(newer).toEqual([]);
});
