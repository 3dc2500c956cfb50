import { describe, expect, test } from "@jest/globals";
import { ENTERPRISE, GROUP, patchOf, scimWorld, USER } from "../../support/scim.ts";

const aUser = (over: object = {}) => ({
  schemas: [USER],
  userName: "alice@example.com",
  externalId: "ext-1",
  name: { givenName: "Alice", familyName: "Adams" },
  emails: [{ value: "alice@example.com", type: "work", primary: true }],
  active: true,
  ...over,
});
const errorOf = (status: number, scimType?: string) => ({
  status,
  headers: { "content-type": "application/scim+json" },
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: String(status), ...(scimType && { scimType }) },
});

describe("the token", () => {
  test.each([null, "", "wrong", "ssm:entra", "ssm:entra-token2", "ssm:unready-token", "ssm:hooks-token", "ey.J.x"])(
    "%j opens nothing, whatever the path",
    async (token) => {
      const { scim } = scimWorld();
      for (const [method, path, body] of [
        ["GET", "/Users"],
        ["GET", "/ServiceProviderConfig"],
        ["POST", "/Users", aUser()],
        ["DELETE", "/Groups/x"],
      ] as const)
        expect(await scim(method, path, body, { token })).toMatchObject({ ...errorOf(401), headers: { "www-authenticate": "Bearer" } });
    },
  );
  test("decides the provider: none sees another's people; both of two valid ones open, while one is rotated for the other", async () => {
    const { scim } = scimWorld();
    const { body } = await scim("POST", "/Users", aUser());
    expect((await scim("GET", `/Users/${body.id}`, undefined, { token: "ssm:entra-next" })).status).toBe(200);
    const asOkta = { token: "ssm:okta-token" };
    expect(await scim("GET", `/Users/${body.id}`, undefined, asOkta)).toMatchObject(errorOf(404));
    expect((await scim("GET", "/Users", undefined, asOkta)).body.totalResults).toBe(0);
    expect((await scim("POST", "/Users", aUser(), asOkta)).status).toBe(201);
  });
  test("opens nothing where two providers have the same", async () => {
    const { scim } = scimWorld({ secrets: async () => ["shared"] });
    expect((await scim("GET", "/Users", undefined, { token: "shared" })).status).toBe(401);
  });
  test("of one provider opens although another's cannot be read; where none fits then, it is our fault and no 401", async () => {
    const secrets = async (ref: string) => {
      if (ref === "ssm:okta") throw new Error("throttled");
      return ["right"];
    };
    const { scim, logged } = scimWorld({ secrets: async (ref) => (ref === "ssm:unready" ? [] : await secrets(ref)) });
    expect((await scim("GET", "/Users", undefined, { token: "right" })).status).toBe(200);
    expect(await scim("GET", "/Users", undefined, { token: "wrong" })).toMatchObject(errorOf(500));
    expect(logged.join()).toContain("throttled");
  });
});

describe("users", () => {
  test("are created with an id, a version and where they are, and read as they came", async () => {
    const { scim } = scimWorld();
    const made = await scim("POST", "/Users", aUser({ [ENTERPRISE]: { department: "R&D" }, password: "secret" }));
    expect(made).toMatchObject({ status: 201, headers: { etag: 'W/"1"', "content-type": "application/scim+json" } });
    expect(made.headers["location"]).toBe(`/scim/v2/Users/${made.body.id}`);
    expect(made.body).toEqual({
      ...aUser({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: { department: "R&D" } }),
      id: expect.any(String),
      meta: {
        resourceType: "User",
        created: "2030-01-01T00:00:00.000Z",
        lastModified: "2030-01-01T00:00:00.000Z",
        version: 'W/"1"',
        location: `/scim/v2/Users/${made.body.id}`,
      },
    });
    expect((await scim("GET", `/Users/${made.body.id}`)).body).toEqual(made.body);
  });
  test("are unique by userName, whatever its case, also when they are renamed", async () => {
    const { scim } = scimWorld();
    await scim("POST", "/Users", aUser());
    expect(await scim("POST", "/Users", aUser({ userName: "ALICE@example.com" }))).toMatchObject(errorOf(409, "uniqueness"));
    const bob = await scim("POST", "/Users", aUser({ userName: "bob@example.com" }));
    const renaming = patchOf({ op: "replace", path: "userName", value: "alice@example.com" });
    expect(await scim("PATCH", `/Users/${bob.body.id}`, renaming)).toMatchObject(errorOf(409, "uniqueness"));
  });
  test("who are not active any more are still returned, and due, so that their access goes", async () => {
    const { scim, directory, sent } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser())).body;
    expect(sent).toEqual([]);
    const patched = await scim("PATCH", `/Users/${id}`, patchOf({ op: "Replace", path: "active", value: "False" }));
    expect(patched).toMatchObject({ status: 200, body: { active: false } });
    expect((await scim("GET", '/Users?filter=userName eq "alice@example.com"')).body.Resources).toMatchObject([{ id, active: false }]);
    expect((await directory.getUser("entra", id))?.dueAt).toBe("2030-01-01T00:00:00.000Z");
    expect(sent).toEqual([{ pk: "IDP#entra", sk: `USER#${id}`, dueAt: "2030-01-01T00:00:00.000Z" }]);
  });
  test("are not due, nor another version, where nothing changes; nor due where only their title does", async () => {
    const { scim, sent } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser())).body;
    expect((await scim("PUT", `/Users/${id}`, aUser())).headers["etag"]).toBe('W/"1"');
    expect((await scim("PUT", `/Users/${id}`, aUser({ title: "CEO" }))).headers["etag"]).toBe('W/"2"');
    expect(sent).toEqual([]);
    await scim("PUT", `/Users/${id}`, aUser({ userName: "alice.adams@example.com" }));
    expect(sent).toHaveLength(1);
  });
  test("are not made active by a PUT that does not speak of it", async () => {
    const { scim } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser({ active: false }))).body;
    const { active: _active, ...silent } = aUser();
    expect((await scim("PUT", `/Users/${id}`, silent)).body.active).toBe(false);
  });
  test.each([true, false])("whose active (%j) is removed have none, and are not active until they are told to be", async (active) => {
    const { scim, directory } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser({ active }))).body;
    const removed = await scim("PATCH", `/Users/${id}`, patchOf({ op: "remove", path: "active" }));
    expect(removed.status).toBe(200);
    expect(removed.body).not.toHaveProperty("active");
    expect((await scim("GET", `/Users/${id}`)).body).not.toHaveProperty("active");
    expect((await scim("GET", "/Users?filter=active eq true")).body.totalResults).toBe(0);
    // Who had access loses it.
    if (active) expect((await directory.getUser("entra", id))?.dueAt).toBe("2030-01-01T00:00:00.000Z");
    const { active: _active, ...silent } = aUser({ title: "CEO" });
    await scim("PUT", `/Users/${id}`, silent);
    await scim("PATCH", `/Users/${id}`, patchOf({ op: "replace", path: "title", value: "CTO" }));
    expect((await directory.getUser("entra", id))?.active).toBeUndefined();
    const again = await scim("PATCH", `/Users/${id}`, patchOf({ op: "add", path: "active", value: true }));
    expect(again.body.active).toBe(true);
  });
  test("are deleted: gone for SCIM and out of their groups, due until their access is gone, and the name is free", async () => {
    const { scim, directory } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser())).body;
    const group = (await scim("POST", "/Groups", { displayName: "g", members: [{ value: id }] })).body;
    expect((await scim("DELETE", `/Users/${id}`)).status).toBe(204);
    expect(await scim("GET", `/Users/${id}`)).toMatchObject(errorOf(404));
    expect(await scim("DELETE", `/Users/${id}`)).toMatchObject(errorOf(404));
    expect(await scim("PATCH", `/Users/${id}`, patchOf({ op: "replace", path: "active", value: true }))).toMatchObject(errorOf(404));
    expect((await scim("GET", "/Users")).body.totalResults).toBe(0);
    expect((await scim("GET", `/Groups/${group.id}`)).body.members).toEqual([]);
    expect(await directory.getUser("entra", id)).toMatchObject({ active: false, deleted: true, dueAt: expect.any(String) });
    expect((await scim("POST", "/Users", aUser())).status).toBe(201);
  });
  test("have versions: a stale If-Match is 412 and changes nothing, a known If-None-Match 304", async () => {
    const { scim } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser())).body;
    const title = patchOf({ op: "replace", path: "title", value: "CEO" });
    const when = (header: string, value: string) => ({ headers: { [header]: value } });
    expect((await scim("PATCH", `/Users/${id}`, title, when("if-match", 'W/"1"'))).status).toBe(200);
    for (const tag of ['W/"1"', '"1"', 'W/"x"', "nonsense"])
      expect(await scim("PATCH", `/Users/${id}`, title, when("if-match", tag))).toMatchObject(errorOf(412));
    expect(await scim("DELETE", `/Users/${id}`, undefined, when("if-match", 'W/"1"'))).toMatchObject(errorOf(412));
    expect((await scim("GET", `/Users/${id}`, undefined, when("if-none-match", 'W/"2"'))).status).toBe(304);
    expect((await scim("GET", `/Users/${id}`, undefined, when("if-none-match", 'W/"1"'))).status).toBe(200);
    expect((await scim("DELETE", `/Users/${id}`, undefined, when("if-match", "*"))).status).toBe(204);
  });
  test("are found by filters and told page by page", async () => {
    const { scim } = scimWorld();
    for (let n = 1; n <= 25; n++)
      await scim("POST", "/Users", aUser({ userName: `user${n}@example.com`, externalId: `ext-${n % 5}`, active: n % 2 === 0 }));
    const find = async (query: string) => (await scim("GET", `/Users?${query}`)).body;
    expect(await find("startIndex=11&count=10")).toMatchObject({ totalResults: 25, startIndex: 11, itemsPerPage: 10 });
    const ids = [];
    for (const start of [1, 11, 21])
      ids.push(...(await find(`startIndex=${start}&count=10`)).Resources.map(({ id }: { id: string }) => id));
    expect(new Set(ids).size).toBe(25);
    expect(await find("count=0")).toMatchObject({ totalResults: 25, itemsPerPage: 0, Resources: [] });
    expect((await find("count=-3&startIndex=-7")).startIndex).toBe(1);
    expect((await find('filter=externalId eq "ext-1"')).totalResults).toBe(5);
    expect((await find('filter=externalId eq "ext-1" and active eq true')).totalResults).toBe(2);
    expect((await find('filter=userName sw "user1"')).totalResults).toBe(11);
    expect((await find('filter=userName eq "nobody"')).Resources).toEqual([]);
    expect((await find('filter=active eq true and emails.value co "alice"&sortBy=userName&sortOrder=descending')).totalResults).toBe(12);
  });
  test("are told with the attributes asked for, or without those not wanted", async () => {
    const { scim } = scimWorld();
    const { id } = (await scim("POST", "/Users", aUser())).body;
    const one = async (query: string) => (await scim("GET", `/Users/${id}?${query}`)).body;
    expect(await one("attributes=userName,name.givenName,emails.value")).toEqual({
      schemas: [USER],
      id,
      userName: "alice@example.com",
      name: { givenName: "Alice" },
      emails: [{ value: "alice@example.com" }],
    });
    expect(Object.keys(await one("excludedAttributes=EMAILS,meta,id,name.familyName")).sort()).toEqual(
      ["active", "externalId", "id", "name", "schemas", "userName"].sort(),
    );
  });
});

describe("groups", () => {
  const withGroup = async () => {
    const world = scimWorld();
    const made = await world.scim("POST", "/Groups", { schemas: [GROUP], displayName: "tenant:acme:viewer", externalId: "g-ext" });
    return { ...world, made, id: made.body.id as string };
  };
  test("are created and read, with the members where they are not left out", async () => {
    const { scim, made, id } = await withGroup();
    expect(made).toMatchObject({
      status: 201,
      body: { schemas: [GROUP], displayName: "tenant:acme:viewer", externalId: "g-ext", members: [] },
    });
    expect((await scim("PATCH", `/Groups/${id}`, patchOf({ op: "add", path: "members", value: [{ value: "u-1" }] }))).status).toBe(204);
    expect((await scim("GET", `/Groups/${id}`)).body.members).toEqual([{ value: "u-1" }]);
    const listed = await scim("GET", '/Groups?excludedAttributes=members&filter=displayName eq "tenant:ACME:viewer"');
    expect(listed.body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    expect(listed.body.Resources[0]).not.toHaveProperty("members");
  });
  test("whose name is there are refused, a deleted one's is free, and a rename is due", async () => {
    const { scim, id, directory, sent } = await withGroup();
    expect(await scim("POST", "/Groups", { displayName: "Tenant:acme:viewer" })).toMatchObject(errorOf(409, "uniqueness"));
    const renamed = await scim(
      "PATCH",
      `/Groups/${id}?attributes=displayName`,
      patchOf({ op: "replace", value: { id, displayName: "new" } }),
    );
    expect(renamed).toMatchObject({ status: 200, body: { displayName: "new" } });
    expect((await directory.getGroup("entra", id))?.dueAt).toBeDefined();
    expect(sent.at(-1)?.sk).toBe(`GROUP#${id}`);
    expect((await scim("DELETE", `/Groups/${id}`)).status).toBe(204);
    expect(await scim("GET", `/Groups/${id}`)).toMatchObject(errorOf(404));
    expect(await directory.getGroup("entra", id)).toMatchObject({ deleted: true, dueAt: expect.any(String) });
    expect((await scim("POST", "/Groups", { displayName: "new" })).status).toBe(201);
  });
  test("lose nobody of 200 parallel PATCH requests, and move their version with each", async () => {
    const { scim, id } = await withGroup();
    const add = (n: number) => scim("PATCH", `/Groups/${id}`, patchOf({ op: "add", path: "members", value: [{ value: `u-${n}` }] }));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => add(n)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const { body } = await scim("GET", `/Groups/${id}`);
    expect(body.members).toHaveLength(200);
    expect(Number(/\d+/.exec(body.meta.version)?.[0])).toBeGreaterThan(200);
  });
  test("take additions and removals in the order in which they stand, and are replaced by PUT", async () => {
    const { scim, id } = await withGroup();
    const members = async () => (await scim("GET", `/Groups/${id}`)).body.members.map(({ value }: { value: string }) => value);
    const value = ["a", "b", "c"].map((one) => ({ value: one }));
    await scim(
      "PATCH",
      `/Groups/${id}`,
      patchOf(
        { op: "add", path: "members", value },
        { op: "remove", path: 'members[value eq "b"]' },
        { op: "add", path: "members", value: [{ value: "d" }] },
      ),
    );
    expect(await members()).toEqual(["a", "c", "d"]);
    await scim(
      "PATCH",
      `/Groups/${id}`,
      patchOf({ op: "Remove", path: "members", value: [{ value: "a" }] }, { op: "add", path: "members", value }),
    );
    expect(await members()).toEqual(["a", "b", "c", "d"]);
    await scim("PUT", `/Groups/${id}`, { displayName: "tenant:acme:viewer", members: [{ value: "c" }, { value: "e" }] });
    expect(await members()).toEqual(["c", "e"]);
    await scim("PUT", `/Groups/${id}`, { displayName: "other" });
    expect(await members()).toEqual(["c", "e"]);
    await scim("PATCH", `/Groups/${id}`, patchOf({ op: "replace", path: "members", value: [{ value: "z" }] }));
    expect(await members()).toEqual(["z"]);
    await scim("PUT", `/Groups/${id}`, { displayName: "other", members: [] });
    expect(await members()).toEqual([]);
  });
  test("are found by a member", async () => {
    const { scim, id } = await withGroup();
    await scim("PATCH", `/Groups/${id}`, patchOf({ op: "add", path: "members", value: [{ value: "u-1" }, { value: "u-2" }] }));
    await scim("PATCH", `/Groups/${id}`, patchOf({ op: "remove", path: 'members[value eq "u-2"]' }));
    const found = async (filter: string) => (await scim("GET", `/Groups?attributes=id&filter=${filter}`)).body.Resources;
    for (const filter of [
      'members.value eq "u-1"',
      'members[value eq "u-1"]',
      'members eq "u-1" and displayName sw "tenant"',
      `id eq "${id}" and members eq "u-1"`,
    ])
      expect(await found(filter)).toEqual([{ schemas: [GROUP], id }]);
    expect(await found('members.value eq "u-2"')).toEqual([]);
    expect(await found('members.value eq "u-1" and displayName eq "x"')).toEqual([]);
    expect(await scim("GET", "/Groups?filter=members pr")).toMatchObject(errorOf(400, "invalidFilter"));
  });
});

describe("what is wrong", () => {
  test.each<[string, string, unknown, number, string | undefined]>([
    ["POST", "/Users", { schemas: [USER] }, 400, "invalidValue"],
    ["POST", "/Users", aUser({ emails: "x" }), 400, "invalidValue"],
    ["POST", "/Users", aUser({ userName: "a\u0000b" }), 400, "invalidValue"],
    ["POST", "/Users", aUser({ userName: "x".repeat(300) }), 400, "invalidValue"],
    ["POST", "/Users", "[]", 400, "invalidSyntax"],
    ["POST", "/Users", "{", 400, "invalidSyntax"],
    ["POST", "/Users", '{"userName":"a","__proto__":{"x":1}}', 400, "invalidSyntax"],
    ["POST", "/Users", aUser({ constructor: 1 }), 400, "invalidPath"],
    ["POST", "/Users", '{"userName":"a","employeeNumber":12345678901234567890}', 400, "invalidValue"],
    ["POST", "/Users", `{"userName":"a","deep":${"[".repeat(40)}${"]".repeat(40)}}`, 400, "invalidValue"],
    ["POST", "/Groups", { displayName: "g", description: "x".repeat(200_000) }, 400, "invalidValue"],
    ["POST", "/Groups", { displayName: "" }, 400, "invalidValue"],
    ["POST", "/Groups", { displayName: "g", members: [{}] }, 400, "invalidValue"],
    ["PATCH", "/Groups/none", patchOf({ op: "add", path: "members", value: [{ value: "x" }] }), 404, undefined],
    ["GET", "/Users?filter=nonsense", undefined, 400, "invalidFilter"],
    ["GET", "/Users?count=many", undefined, 400, "invalidSyntax"],
    ["GET", "/Schemas/none", undefined, 404, undefined],
    ["GET", "/Nothing", undefined, 404, undefined],
    ["PUT", "/Users", aUser(), 405, undefined],
    ["POST", "/Users", aUser({ title: "x".repeat(200_000) }), 413, undefined],
  ])("%s %s with %j is %d", async (method, path, body, status, scimType) => {
    expect(await scimWorld().scim(method, path, body)).toMatchObject(errorOf(status, scimType));
  });
  test("another media type is 415; application/json is taken, and answered where it is asked for", async () => {
    const { scim } = scimWorld();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", ""])
      expect(await scim("POST", "/Users", aUser(), { headers: { "content-type": type } })).toMatchObject(errorOf(415));
    const json = { "content-type": "application/json; charset=utf-8", accept: "application/json" };
    expect(await scim("POST", "/Users", aUser(), { headers: json })).toMatchObject({
      status: 201,
      headers: { "content-type": "application/json" },
    });
  });
});

test("what SCIM can do here, and its schemas, are told", async () => {
  const { scim } = scimWorld();
  const config = await scim("GET", "/ServiceProviderConfig");
  expect(config.body).toMatchObject({
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true, maxResults: 200 },
    etag: { supported: true },
  });
  const schemas = (await scim("GET", "/Schemas")).body;
  expect(schemas.Resources.map(({ id }: { id: string }) => id)).toEqual([USER, GROUP, ENTERPRISE]);
  expect((await scim("GET", `/Schemas/${encodeURIComponent(USER)}`)).body).toEqual(schemas.Resources[0]);
  expect((await scim("GET", "/ResourceTypes/Group")).body).toMatchObject({ schema: GROUP, endpoint: "/Groups" });
  expect((await scim("GET", "/ResourceTypes")).body.totalResults).toBe(2);
});
