import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { groupPatchOf } from "../../../shared/http/scim/group.ts";
import { operationsOf, patched, withPaths } from "../../../shared/http/scim/patch.ts";
import { patchedUser } from "../../../shared/http/scim/user.ts";
import { aDirectoryGroup, aDirectoryUser } from "../../support/builders.ts";
import { ENTERPRISE, patchOf } from "../../support/scim.ts";

const alice = aDirectoryUser({
  attributes: {
    displayName: "Alice",
    name: { givenName: "Alice", familyName: "Adams" },
    emails: [
      { value: "a@work.example", type: "work", primary: true },
      { value: "a@home.example", type: "home" },
    ],
  },
  email: "a@work.example",
});
const patch = (...operations: object[]) => patchedUser(alice, operationsOf(patchOf(...operations)));

describe("Entra's dialect", () => {
  test("deactivates by the word False, with a capital operation", () => {
    expect(patch({ op: "Replace", path: "active", value: "False" }).active).toBe(false);
    expect(patch({ op: "Replace", path: "active", value: "True" }).active).toBe(true);
  });
  test("replaces a value that a filter picks, and makes the one that is missing", () => {
    const { email, attributes } = patch(
      { op: "Replace", path: 'emails[type eq "work"].value', value: "new@work.example" },
      { op: "Add", path: 'phoneNumbers[type eq "mobile"].value', value: "555" },
      { op: "Add", path: 'addresses[type eq "work" and primary eq true].locality', value: "Bern" },
    );
    expect(email).toBe("new@work.example");
    expect(attributes).toMatchObject({
      emails: [
        { value: "new@work.example", type: "work", primary: true },
        { value: "a@home.example", type: "home" },
      ],
      phoneNumbers: [{ type: "mobile", value: "555" }],
      addresses: [{ type: "work", primary: true, locality: "Bern" }],
    });
  });
  test("writes the enterprise extension by full paths, and a manager by a bare id", () => {
    const { attributes } = patch(
      { op: "Add", path: `${ENTERPRISE}:department`, value: "R&D" },
      { op: "Add", path: `${ENTERPRISE}:manager`, value: "m-1" },
    );
    expect(attributes?.[ENTERPRISE]).toEqual({ department: "R&D", manager: { value: "m-1" } });
  });
  test("sends several attributes without a path, with dots and schemas in their names", () => {
    const { userName, active, attributes } = patch({
      op: "Add",
      value: {
        active: "False",
        userName: "new@example.com",
        "name.familyName": "Brown",
        [`${ENTERPRISE}:employeeNumber`]: "7",
        [ENTERPRISE]: { costCenter: "9" },
        'emails[type eq "other"].value': "o@example.com",
      },
    });
    expect({ userName, active }).toEqual({ userName: "new@example.com", active: false });
    expect(attributes).toMatchObject({
      name: { givenName: "Alice", familyName: "Brown" },
      [ENTERPRISE]: { employeeNumber: "7", costCenter: "9" },
      emails: expect.arrayContaining([{ type: "other", value: "o@example.com" }]),
    });
  });
  test("removes an attribute, a value that a filter picks, and an extension with its last attribute", () => {
    const { attributes } = patch(
      { op: "Remove", path: "displayName" },
      { op: "Remove", path: 'emails[type eq "home"]' },
      { op: "Add", path: `${ENTERPRISE}:department`, value: "R&D" },
      { op: "Remove", path: `${ENTERPRISE}:department` },
    );
    expect(attributes).toEqual({ name: alice.attributes?.["name"], emails: [{ value: "a@work.example", type: "work", primary: true }] });
  });
});

describe("Okta's dialect", () => {
  test("deactivates by an object without a path", () => {
    expect(patch({ op: "replace", value: { active: false } }).active).toBe(false);
  });
  test("replaces a whole list, and keeps no password", () => {
    const { email, attributes } = patch(
      { op: "replace", path: "emails", value: [{ value: "only@example.com" }] },
      { op: "replace", value: { password: "secret", id: "is ours", schemas: ["x"] } },
    );
    expect(email).toBe("only@example.com");
    expect(JSON.stringify(attributes)).not.toContain("secret");
    expect(attributes?.["emails"]).toEqual([{ value: "only@example.com" }]);
  });
});

describe("RFC 7644", () => {
  test("a new primary value takes that from the others, and the same value is not added twice", () => {
    const added = { value: "p@example.com", type: "other", primary: true };
    const { email, attributes } = patch({ op: "add", path: "emails", value: [added] }, { op: "add", path: "emails", value: added });
    expect(email).toBe("p@example.com");
    expect(attributes?.["emails"]).toEqual([
      { value: "a@work.example", type: "work", primary: false },
      { value: "a@home.example", type: "home" },
      added,
    ]);
  });
  test("a complex attribute is replaced by those of its parts that are told", () => {
    expect(patch({ op: "replace", path: "name", value: { familyName: "X" } }).attributes?.["name"]).toEqual({
      givenName: "Alice",
      familyName: "X",
    });
  });
  test("attributes are found, and made, whatever the case of their names", () => {
    const { attributes } = patch({ op: "replace", path: "DISPLAYNAME", value: "A." }, { op: "add", path: "NickName", value: "Al" });
    expect(attributes).toMatchObject({ displayName: "A.", nickName: "Al" });
  });
  test.each<[string, object, string]>([
    ["an unknown operation", { op: "move", path: "title", value: 1 }, "invalidSyntax"],
    ["a removal without a path", { op: "remove" }, "noTarget"],
    ["an addition without a value", { op: "add", path: "title" }, "invalidValue"],
    ["a value without a path that is no object", { op: "add", value: "x" }, "invalidValue"],
    ["a path that cannot be read", { op: "add", path: "emails[", value: 1 }, "invalidPath"],
    ["a filter that cannot be read", { op: "add", path: "emails[type]", value: 1 }, "invalidFilter"],
    ["a filter that fits nothing and describes nothing", { op: "replace", path: 'emails[value co "zz"].type', value: "x" }, "noTarget"],
    ["the id", { op: "replace", path: "id", value: "x" }, "mutability"],
    ["no userName", { op: "remove", path: "userName" }, "invalidValue"],
    ["active as another word", { op: "replace", path: "active", value: "perhaps" }, "invalidValue"],
    ["the prototype", { op: "add", path: "__proto__.polluted", value: 1 }, "invalidPath"],
    ["the prototype's constructor", { op: "add", path: "name.constructor", value: 1 }, "invalidPath"],
  ])("%s is refused", (_what, operation, scimType) => {
    expect(() => patch(operation)).toThrow(expect.objectContaining({ scimType }));
    expect("polluted" in {}).toBe(false);
  });
  test("a body that is no PATCH is refused", () => {
    for (const body of [{}, { schemas: ["x"], Operations: [{ op: "add" }] }, { ...patchOf(), Operations: "x" }, patchOf()])
      expect(() => operationsOf(body)).toThrow(expect.objectContaining({ scimType: "invalidSyntax" }));
  });
  test("patching twice with one replacement is patching once, and never changes what it was given", () => {
    const name = fc.constantFrom("displayName", "name.givenName", 'emails[type eq "work"].value', "title", `${ENTERPRISE}:department`);
    fc.assert(
      fc.property(fc.array(fc.record({ path: name, value: fc.string() })), (values) => {
        const given = { name: { givenName: "A" }, emails: [{ type: "work", value: "x" }] };
        const before = structuredClone(given);
        const operations = withPaths(values.map((value) => ({ op: "replace" as const, ...value })));
        const once = patched(given, operations);
        expect(patched(once, operations)).toEqual(once);
        expect(given).toEqual(before);
      }),
    );
  });
});

describe("a group's members", () => {
  const members = (...operations: object[]) => groupPatchOf(operationsOf(patchOf(...operations))).members;
  const came = (...ids: string[]) => ids.map((userId) => ({ userId, member: true }));
  const went = (...ids: string[]) => ids.map((userId) => ({ userId, member: false }));

  test("come as objects, as one object, as bare ids and without a path", () => {
    expect(members({ op: "Add", path: "members", value: [{ value: "a", display: "A" }, { value: "b" }] })).toEqual({
      changes: came("a", "b"),
    });
    expect(members({ op: "add", path: "Members", value: { value: "a" } })).toEqual({ changes: came("a") });
    expect(members({ op: "add", path: "members", value: ["a"] })).toEqual({ changes: came("a") });
    expect(members({ op: "add", value: { members: [{ value: "a" }] } })).toEqual({ changes: came("a") });
  });
  test("go by a filter, by Entra's list, by an `or` of ids, or all", () => {
    expect(members({ op: "remove", path: 'members[value eq "a"]' })).toEqual({ changes: went("a") });
    expect(members({ op: "Remove", path: "members", value: [{ value: "a" }] })).toEqual({ changes: went("a") });
    expect(members({ op: "remove", path: 'members[value eq "a" or value eq "b"]' })).toEqual({ changes: went("a", "b") });
    expect(members({ op: "remove", path: "members" })).toEqual({ changes: ["none"] });
  });
  test("are replaced as a whole", () => {
    expect(members({ op: "replace", path: "members", value: [{ value: "a" }] })).toEqual({ changes: ["none", ...came("a")] });
  });
  test("are not spoken of by a rename, in Okta's words and in Entra's", () => {
    const group = aDirectoryGroup({ externalId: "e" });
    for (const operation of [
      { op: "replace", value: { id: "g1", displayName: "new" } },
      { op: "Replace", path: "displayName", value: "new" },
    ]) {
      const asked = groupPatchOf(operationsOf(patchOf(operation)));
      expect(asked.members).toBeUndefined();
      expect(asked.change(group)).toEqual({ displayName: "new", externalId: "e", attributes: undefined });
    }
  });
  test.each<[object, string]>([
    [{ op: "add", path: "members", value: [{ display: "nobody" }] }, "invalidValue"],
    [{ op: "add", path: "members", value: [{ value: "" }] }, "invalidValue"],
    [{ op: "remove", path: 'members[display eq "a"]' }, "invalidFilter"],
    [{ op: "add", path: 'members[value eq "a"]', value: { value: "a" } }, "invalidPath"],
    [{ op: "replace", path: 'members[value eq "a"].value', value: "b" }, "mutability"],
  ])("%j is refused", (operation, scimType) => {
    expect(() => members(operation)).toThrow(expect.objectContaining({ scimType }));
  });
});
