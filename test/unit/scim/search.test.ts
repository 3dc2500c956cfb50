import { describe, expect, test } from "@jest/globals";
import { scimWorld, USER } from "../../support/scim.ts";

const searchFor = (over: object = {}) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], ...over });
const namesOf = ({ body }: { body: { Resources: { userName?: string; displayName?: string }[] } }) =>
  body.Resources.map(({ userName, displayName }) => userName ?? displayName);

/** Five users, `user0` to `user4`, and the groups `group0` and `group1`, the first with one member. */
async function directory() {
  const { scim } = scimWorld();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push((await scim("POST", "/Users", { schemas: [USER], userName: `user${n}`, title: "CEO" })).body.id);
  for (let n = 0; n < 2; n++) await scim("POST", "/Groups", { displayName: `group${n}`, members: n === 0 ? [{ value: ids[0] }] : [] });
  return scim;
}

describe("A search request", () => {
  test.each(["/Users", "/Groups"])("finds what the same query finds by GET of %s", async (path) => {
    const scim = await directory();
    for (const [query, request] of [
      ["", {}],
      ['filter=userName eq "user1" or displayName eq "group1"', { filter: 'userName eq "user1" or displayName eq "group1"' }],
      ["startIndex=2&count=2", { startIndex: 2, count: 2 }],
      ["count=0", { count: 0 }],
      ["attributes=title,displayName", { attributes: ["title", "displayName"] }],
      ["excludedAttributes=title,members", { excludedAttributes: ["title", "members"] }],
    ] as const) {
      const found = await scim("POST", `${path}/.search`, searchFor(request));
      expect(found.status).toBe(200);
      expect(found.body).toEqual((await scim("GET", `${path}?${query}`)).body);
    }
  });
  test("at the root finds users and then groups, and its pages run over both", async () => {
    const scim = await directory();
    const all = await scim("POST", "/.search", searchFor());
    expect(all.body).toMatchObject({ totalResults: 7, startIndex: 1, itemsPerPage: 7 });
    const paged = [];
    for (let startIndex = 1; startIndex <= 7; startIndex += 2) {
      const page = await scim("POST", "/.search", searchFor({ startIndex, count: 2 }));
      expect(page.body).toMatchObject({ totalResults: 7, startIndex, itemsPerPage: startIndex === 7 ? 1 : 2 });
      paged.push(...namesOf(page));
    }
    expect(paged).toEqual(namesOf(all));
    const groups = await scim("POST", "/.search", searchFor({ filter: 'meta.resourceType eq "Group"' }));
    expect(namesOf(groups).sort()).toEqual(["group0", "group1"]);
  });
  test.each([
    [{}, "invalidSyntax"],
    [{ schemas: [USER] }, "invalidSyntax"],
    [searchFor({ count: "two" }), "invalidSyntax"],
    [searchFor({ attributes: "title" }), "invalidSyntax"],
    [searchFor({ filter: "nonsense" }), "invalidFilter"],
  ])("as %j is refused as %s", async (body, scimType) => {
    expect(await scimWorld().scim("POST", "/Users/.search", body)).toMatchObject({ status: 400, body: { status: "400", scimType } });
  });
  test("needs the provider's token", async () => {
    expect((await scimWorld().scim("POST", "/.search", searchFor(), { token: "wrong" })).status).toBe(401);
  });
});

describe("What is no call of SCIM", () => {
  test.each([
    ["POST", "/ServiceProviderConfig", 405, "GET"],
    ["DELETE", "/Schemas", 405, "GET"],
    ["PATCH", "/Users", 405, "GET, POST"],
    ["TRACE", "/Users/1", 405, "GET, PUT, PATCH, DELETE"],
    ["GET", "/.search", 405, "POST"],
    ["GET", "/Me", 404, undefined],
    ["GET", "/Users/1/2", 404, undefined],
    ["POST", "/Bulk", 404, undefined],
  ])("%s %s is %d with an error of SCIM", async (method, path, status, allow) => {
    const answered = await scimWorld().scim(method, path);
    expect(answered).toMatchObject({ status, body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: String(status) } });
    expect(answered.headers["content-type"]).toBe("application/scim+json");
    expect(answered.headers["allow"]).toBe(allow);
  });
});
