import { randomUUID } from "node:crypto";
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "@jest/globals";
import type { Context } from "aws-lambda";
import pLimit from "p-limit";
import platform from "../../config/tenantry.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { anId, scim, sqs, tableName } from "../support/stack.ts";
import { httpEvent } from "../unit/http/requests.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const patchOf = (...Operations: object[]) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const filtered = (filter: string): string => new URLSearchParams({ filter }).toString();
const newUser = async (userName = `${anId("u")}@example.com`): Promise<string> =>
  (await scim("POST", "/Users", { schemas: [USER], userName, active: true })).body.id;

/** The function's own handler in this process, on the stack's table, queue and secrets. */
async function handlerOnTheTable(): Promise<typeof scim> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${tableName()}-access` }));
  Object.assign(process.env, { TABLE_NAME: tableName(), ACCESS_QUEUE_URL: QueueUrl, STAGE: "local" });
  const { handler } = await import("../../functions/scim/api.ts");
  const context = { getRemainingTimeInMillis: () => 29_000 } as Context;
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${process.env["TENANTRY_SCIM_TOKEN"]}`, "content-type": "application/scim+json" };
    const { statusCode = 0, body: text = "{}" } = await handler(httpEvent({ method, path: `/scim/v2${path}`, headers, body }), context);
    return { status: statusCode, headers: new Headers(), body: JSON.parse(text) };
  };
}

describe("SCIM on the stack", () => {
  /** Every request adds, or removes, one member of its own; `atOnce` of them are under way. */
  async function changeOneByOne(atOnce: number, call: typeof scim): Promise<void> {
    const { body: group } = await scim("POST", "/Groups", { schemas: [GROUP], displayName: anId("parallel") });
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const limit = pLimit(atOnce);
    // As providers do, it asks again where the service has no time left (503).
    const change = (op: object): Promise<number> =>
      limit(async () => {
        for (;;) {
          const { status } = await call("PATCH", `/Groups/${group.id}`, patchOf(op));
          if (status !== 503) return status;
        }
      });
    const added = await Promise.all(ids.map((value) => change({ op: "add", path: "members", value: [{ value }] })));
    expect(new Set(added)).toEqual(new Set([204]));
    const members = async (): Promise<string[]> =>
      (await scim("GET", `/Groups/${group.id}`)).body.members.map(({ value }: { value: string }) => value).sort();
    expect(await members()).toEqual([...ids].sort());
    const [gone, left] = [ids.slice(0, 100), ids.slice(100)];
    await Promise.all(gone.map((value) => change({ op: "remove", path: `members[value eq "${value}"]` })));
    expect(await members()).toEqual([...left].sort());
  }

  test("200 members added by 200 requests at once are all there, and 100 removed so are all gone", async () => {
    await changeOneByOne(200, await handlerOnTheTable());
  }, 120_000);

  // The embedded Lambda starts a process for each request that finds all others busy, so there are fewer at once.
  test("200 members added by requests through the gateway, 12 at once, are all there, and 100 removed so are all gone", async () => {
    await changeOneByOne(12, scim);
  }, 120_000);

  test("a group is replaced by 1,000 members in one PUT, and repeating that changes nothing", async () => {
    const { body: group } = await scim("POST", "/Groups", { displayName: anId("large") });
    const members = Array.from({ length: 1_000 }, () => ({ value: randomUUID() }));
    const put = () => scim("PUT", `/Groups/${group.id}`, { ...group, members });
    for (let status = 503; status === 503; ) ({ status } = await put());
    const { body } = await scim("GET", `/Groups/${group.id}`);
    expect(body.members).toHaveLength(1_000);
    expect((await put()).status).toBe(200);
    expect((await scim("GET", `/Groups/${group.id}?excludedAttributes=members`)).body).not.toHaveProperty("members");
  }, 180_000);

  test.each([null, "", "wrong", "eyJhbGciOiJub25lIn0.e30."])("the token %j opens nothing", async (token) => {
    for (const [method, path] of [
      ["GET", "/Users"],
      ["GET", "/ServiceProviderConfig"],
      ["DELETE", "/Users/x"],
    ] as const) {
      const { status, headers, body } = await scim(method, path, undefined, { token });
      expect([status, headers.get("content-type")]).toEqual([401, "application/scim+json"]);
      expect(body).toMatchObject({ schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "401" });
    }
  });

  test("a token of the API is none of SCIM's", async () => {
    expect((await scim("GET", "/Users", undefined, { token: process.env["TENANTRY_TOKEN"] ?? "" })).status).toBe(401);
  });

  test("a body that is too large, of another type, or no JSON is refused in SCIM's words", async () => {
    const huge = { schemas: [USER], userName: anId("u"), title: "x".repeat(200_000) };
    expect(await scim("POST", "/Users", huge)).toMatchObject({ status: 413, body: { status: "413" } });
    const text = { headers: { "content-type": "text/plain" } };
    expect(await scim("POST", "/Users", { userName: "a" }, text)).toMatchObject({ status: 415, body: { status: "415" } });
    expect(await scim("POST", "/Users", "{")).toMatchObject({ status: 400, body: { scimType: "invalidSyntax" } });
  });

  test("versions guard changes, and a name is taken once", async () => {
    const userName = `${anId("u")}@example.com`;
    const id = await newUser(userName);
    expect(await scim("POST", "/Users", { userName: userName.toUpperCase() })).toMatchObject({
      status: 409,
      body: { scimType: "uniqueness" },
    });
    const title = patchOf({ op: "add", path: "title", value: "CEO" });
    const etag = (await scim("GET", `/Users/${id}`)).headers.get("etag") ?? "";
    expect((await scim("PATCH", `/Users/${id}`, title, { headers: { "if-match": etag } })).status).toBe(200);
    expect((await scim("PATCH", `/Users/${id}`, title, { headers: { "if-match": etag } })).status).toBe(412);
    expect((await scim("GET", `/Users/${id}`, undefined, { headers: { "if-none-match": 'W/"2"' } })).status).toBe(304);
  });

  test("what SCIM can do here is told", async () => {
    expect((await scim("GET", "/ServiceProviderConfig")).body).toMatchObject({ patch: { supported: true } });
    expect((await scim("GET", "/Schemas")).body.totalResults).toBe(3);
    expect((await scim("GET", `/Schemas/${USER}`)).body.id).toBe(USER);
    expect((await scim("GET", "/ResourceTypes")).body.totalResults).toBe(2);
    expect((await scim("GET", "/ResourceTypes/User")).body.schema).toBe(USER);
  });
});

// The requests of "Tutorial: Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID".
test("a provisioning cycle as Entra documents it", async () => {
  const userName = `Test_User_${randomUUID()}`;
  const made = await scim("POST", "/Users", {
    schemas: [USER, ENTERPRISE],
    externalId: randomUUID(),
    userName,
    active: true,
    emails: [{ primary: true, type: "work", value: "Test_User_fd0ea19b@testuser.com" }],
    meta: { resourceType: "User" },
    name: { formatted: "givenName familyName", familyName: "familyName", givenName: "givenName" },
    roles: [],
  });
  expect(made).toMatchObject({ status: 201, body: { userName, active: true, meta: { resourceType: "User" } } });
  const { id } = made.body;
  expect((await scim("GET", `/Users/${id}`)).body).toEqual(made.body);
  const find = async (filter: string) => (await scim("GET", `/Users?${filtered(filter)}`)).body;
  expect(await find(`userName eq "${userName}"`)).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  expect(await find('userName eq "non-existent user"')).toMatchObject({ totalResults: 0, Resources: [] });
  const updated = await scim(
    "PATCH",
    `/Users/${id}`,
    patchOf(
      { op: "Replace", path: 'emails[type eq "work"].value', value: "updatedEmail@microsoft.com" },
      { op: "Replace", path: "name.familyName", value: "updatedFamilyName" },
      { op: "Add", path: `${ENTERPRISE}:department`, value: "R&D" },
    ),
  );
  expect(updated).toMatchObject({
    status: 200,
    body: {
      emails: [{ value: "updatedEmail@microsoft.com" }],
      name: { familyName: "updatedFamilyName" },
      [ENTERPRISE]: { department: "R&D" },
    },
  });
  const renamed = `${randomUUID()}@testuser.com`;
  expect(await scim("PATCH", `/Users/${id}`, patchOf({ op: "Replace", path: "userName", value: renamed }))).toMatchObject({
    status: 200,
    body: { userName: renamed },
  });

  const displayName = anId("displayName");
  const group = await scim("POST", "/Groups", {
    schemas: [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
    externalId: randomUUID(),
    displayName,
    meta: { resourceType: "Group" },
  });
  expect(group.status).toBe(201);
  const path = `/Groups/${group.body.id}`;
  expect((await scim("GET", `${path}?excludedAttributes=members`)).body).toMatchObject({ displayName });
  const listed = await scim("GET", `/Groups?excludedAttributes=members&${filtered(`displayName eq "${displayName}"`)}`);
  expect(listed.body).toMatchObject({ totalResults: 1, Resources: [{ id: group.body.id }] });
  const patch = async (operation: object) => (await scim("PATCH", path, patchOf(operation))).status;
  expect(await patch({ op: "Replace", path: "displayName", value: `${displayName}-2` })).toBe(204);
  expect(await patch({ op: "Add", path: "members", value: [{ $ref: null, value: id }] })).toBe(204);
  expect((await scim("GET", path)).body.members).toEqual([{ value: id }]);
  const withMember = await scim("GET", `/Groups?attributes=id&${filtered(`id eq "${group.body.id}" and members eq "${id}"`)}`);
  expect(withMember.body.totalResults).toBe(1);
  expect(await patch({ op: "Remove", path: "members", value: [{ $ref: null, value: id }] })).toBe(204);
  expect((await scim("GET", path)).body.members).toEqual([]);
  expect((await scim("DELETE", path)).status).toBe(204);

  expect((await scim("PATCH", `/Users/${id}`, patchOf({ op: "Replace", path: "active", value: "False" }))).body.active).toBe(false);
  expect(await find(`userName eq "${renamed}"`)).toMatchObject({ totalResults: 1, Resources: [{ active: false }] });
  expect((await scim("DELETE", `/Users/${id}`)).status).toBe(204);
  expect((await scim("GET", `/Users/${id}`)).status).toBe(404);
});

// The requests of "SCIM 2.0 protocol reference" on developer.okta.com.
test("a provisioning cycle as Okta documents it", async () => {
  const [token] = await createSecrets({ stage: "local" })(platform.identity.providers["okta"]?.scim?.token ?? "");
  const okta = (method: string, path: string, body?: unknown) => scim(method, path, body, { token: token ?? null });
  const userName = `${anId("test.user")}@okta.local`;
  expect((await okta("GET", `/Users?${filtered(`userName eq "${userName}"`)}&startIndex=1&count=100`)).body).toMatchObject({
    totalResults: 0,
    startIndex: 1,
    Resources: [],
  });
  const user = {
    schemas: [USER],
    userName,
    name: { givenName: "Test", familyName: "User" },
    emails: [{ primary: true, value: userName, type: "work" }],
    displayName: "Test User",
    locale: "en-US",
    externalId: "00ujl29u0le5T6Aj10h7",
    groups: [],
    password: "1mz050nq",
    active: true,
  };
  const made = await okta("POST", "/Users", user);
  expect(made).toMatchObject({ status: 201, body: { userName, active: true } });
  expect(JSON.stringify(made.body)).not.toContain("1mz050nq");
  expect((await okta("POST", "/Users", user)).status).toBe(409);
  const { id } = made.body;
  expect((await okta("GET", `/Users/${id}`)).status).toBe(200);
  expect(
    (await okta("PUT", `/Users/${id}`, { ...made.body, name: { givenName: "Another", familyName: "User" } })).body.name.givenName,
  ).toBe("Another");
  const active = (value: boolean) => okta("PATCH", `/Users/${id}`, patchOf({ op: "replace", value: { active: value } }));
  expect(await active(false)).toMatchObject({ status: 200, body: { active: false } });
  expect((await okta("GET", `/Users/${id}`)).body.active).toBe(false);
  expect(await active(true)).toMatchObject({ status: 200, body: { active: true } });

  expect((await okta("GET", "/Groups?startIndex=1&count=100")).status).toBe(200);
  const displayName = anId("Test SCIMv2");
  const group = await okta("POST", "/Groups", { schemas: [GROUP], displayName, members: [] });
  expect(group.status).toBe(201);
  const path = `/Groups/${group.body.id}`;
  const rename = patchOf({ op: "replace", value: { id: group.body.id, displayName: `${displayName} renamed` } });
  expect((await okta("PATCH", path, rename)).status).toBe(204);
  const members = patchOf(
    { op: "remove", path: `members[value eq "${randomUUID()}"]` },
    { op: "add", path: "members", value: [{ value: id, display: userName }] },
  );
  expect((await okta("PATCH", path, members)).status).toBe(204);
  expect((await okta("GET", path)).body).toMatchObject({ displayName: `${displayName} renamed`, members: [{ value: id }] });
  expect((await okta("PUT", path, { schemas: [GROUP], id: group.body.id, displayName, members: [] })).body.members).toEqual([]);
  expect((await scim("GET", path)).status).toBe(404);
  expect((await okta("DELETE", path)).status).toBe(204);
});
