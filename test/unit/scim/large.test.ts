import { expect, test } from "@jest/globals";
import { patchOf, scimWorld } from "../../support/scim.ts";

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ value: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}` }));

test("a group is replaced by 10,000 members in one PUT, and repeating that writes no member again", async () => {
  const { scim, directory } = scimWorld();
  const { id } = (await scim("POST", "/Groups", { displayName: "g", members: many(3) })).body;
  const members = many(10_000).slice(1);
  expect((await scim("PUT", `/Groups/${id}`, { displayName: "g", members })).body.members).toEqual(members);
  let writes = 0;
  const put = directory.putMembership.bind(directory);
  directory.putMembership = (membership) => {
    writes += 1;
    return put(membership);
  };
  expect((await scim("PUT", `/Groups/${id}`, { displayName: "g", members })).status).toBe(200);
  expect(writes).toBe(0);
});

test("50,000 members come by one PATCH and are read by one GET, each within what a function may be given and may answer", async () => {
  const { scim } = scimWorld();
  const { id } = (await scim("POST", "/Groups", { displayName: "g" })).body;
  const body = patchOf({ op: "Add", path: "members", value: many(50_000) });
  expect(JSON.stringify(JSON.stringify(body)).length).toBeLessThan(6 * 1024 * 1024);
  expect((await scim("PATCH", `/Groups/${id}`, body)).status).toBe(204);
  const read = await scim("GET", `/Groups/${id}`);
  expect(read.body.members).toHaveLength(50_000);
  expect(JSON.stringify(JSON.stringify(read.body)).length).toBeLessThan(6 * 1024 * 1024);
  const gone = patchOf(...many(50_000).map(({ value }) => ({ op: "remove", path: `members[value eq "${value}"]` })));
  expect((await scim("PATCH", `/Groups/${id}`, { ...gone, Operations: gone.Operations.slice(0, 25_000) })).status).toBe(204);
  expect((await scim("GET", `/Groups/${id}`)).body.members).toHaveLength(25_000);
}, 60_000);

test("a call that runs out of time keeps what it wrote, leaves the group due, and the same call again does the rest", async () => {
  let budget = 0;
  const world = scimWorld({ remainingMs: () => (budget-- > 0 ? 29_000 : 1_000) });
  const { scim, sent, directory } = world;
  const { id } = (await scim("POST", "/Groups", { displayName: "g" })).body;
  const body = patchOf({ op: "add", path: "members", value: many(1_000) });
  budget = 400;
  const late = await scim("PATCH", `/Groups/${id}`, body);
  expect(late).toMatchObject({
    status: 503,
    headers: { "retry-after": "2" },
    body: { status: "503", detail: expect.stringContaining("repeat the call") },
  });
  const written = (await scim("GET", `/Groups/${id}`)).body.members.length;
  expect([written > 300, written < 500]).toEqual([true, true]);
  expect(sent.at(-1)).toMatchObject({ sk: `GROUP#${id}`, dueAt: (await directory.getGroup("entra", id))?.dueAt });
  budget = 2_000;
  expect((await scim("PATCH", `/Groups/${id}`, body)).status).toBe(204);
  expect((await scim("GET", `/Groups/${id}`)).body.members).toHaveLength(1_000);
});

test("a group of more members than one answer holds says so, and is read without them", async () => {
  const { scim, directory } = scimWorld();
  const { id } = (await scim("POST", "/Groups", { displayName: "g" })).body;
  for (const { value } of many(100_001))
    await directory.putMembership({ provider: "entra", groupId: id, userId: value, member: true, at: "2030-01-01T00:00:00.000Z" });
  expect(await scim("GET", `/Groups/${id}`)).toMatchObject({ status: 400, body: { scimType: "tooMany" } });
  expect((await scim("GET", `/Groups/${id}?excludedAttributes=members`)).status).toBe(200);
}, 60_000);

test("a search that would look through too much says so, while one by a key answers", async () => {
  const { scim } = scimWorld({ remainingMs: () => 1_000 });
  await scim("POST", "/Users", { userName: "alice" });
  expect((await scim("GET", '/Users?filter=userName co "a"')).status).toBe(503);
  expect((await scim("GET", '/Users?filter=userName eq "alice"')).body.totalResults).toBe(1);
});
