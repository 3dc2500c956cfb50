import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { lookupOf, matches, parseFilter } from "../../../shared/http/scim/filter.ts";
import { ENTERPRISE } from "../../support/scim.ts";

const alice = {
  id: "Id-1",
  externalId: "Ext-1",
  userName: "Alice@example.com",
  displayName: "Alice A.",
  active: true,
  name: { familyName: "Adams", givenName: "Alice" },
  emails: [
    { value: "alice@work.example", type: "work", primary: true },
    { value: "alice@home.example", type: "home" },
  ],
  title: "",
  [ENTERPRISE]: { department: "R&D", manager: { value: "m-1" } },
  meta: { lastModified: "2030-01-02T03:04:05.678Z" },
};

describe("a filter fits", () => {
  test.each([
    'userName eq "alice@EXAMPLE.com"',
    'USERNAME Eq "alice@example.com"',
    'externalId eq "Ext-1"',
    'id eq "Id-1" and active eq true',
    'active eq "True"',
    'displayName sw "ali" and displayName co "CE" and displayName ew "a."',
    'name.familyName eq "adams"',
    'emails eq "alice@work.example"',
    'emails.value co "HOME"',
    'emails[type eq "work" and value sw "alice"]',
    'emails[type eq "work"].value eq "alice@work.example"',
    'not (userName eq "bob")',
    'userName eq "bob" or active eq true',
    'userName ne "bob"',
    "emails pr",
    "nickName eq null",
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "alice"',
    `${ENTERPRISE}:department eq "r&d"`,
    `${ENTERPRISE}:manager.value eq "m-1"`,
    'meta.lastModified gt "2030-01-02T03:04:05Z"',
    'meta.lastModified lt "2030-01-02T04:04:06+01:00"',
  ])("%s", (text) => expect(matches(parseFilter(text), alice)).toBe(true));

  test.each([
    'userName eq "alice"',
    'externalId eq "ext-1"',
    'id eq "ID-1"',
    "active eq false",
    'active eq "False"',
    'emails[type eq "work" and value sw "bob"]',
    'emails[type eq "home" and value eq "alice@work.example"]',
    "title pr",
    "nickName pr",
    'constructor eq "x"',
    'userName eq "alice@example.com" and active eq false',
  ])("but not: %s", (text) => {
    const fits = () => matches(parseFilter(text), alice);
    if (text.startsWith("constructor")) expect(fits).toThrow("There is no attribute");
    else expect(fits()).toBe(false);
  });
});

test.each(["", "userName", "userName eq", 'userName eq "a', "userName eq alice", "(((", 'a eq "b" c', `a eq "${"x".repeat(3_000)}"`])(
  "what is no filter is refused as one: %j",
  (text) => expect(() => parseFilter(text)).toThrow(expect.objectContaining({ scimType: "invalidFilter" })),
);

test("whatever is sent as a filter is read or refused as one", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      try {
        matches(parseFilter(text), alice);
      } catch (error) {
        expect(error).toMatchObject({ code: "InvalidInput", scimType: expect.stringMatching(/^invalid(Filter|Path)$/) });
      }
    }),
  );
});

test.each([
  ['userName eq "a"', "users", { by: "name", value: "a" }],
  ['active eq true and externalId eq "e"', "users", { by: "externalId", value: "e" }],
  ['userName eq "a" and id eq "i"', "users", { by: "id", value: "i" }],
  ['userName eq "a" or active eq true', "users", undefined],
  ['not (userName eq "a")', "users", undefined],
  ['userName sw "a"', "users", undefined],
  ['emails.value eq "a"', "users", undefined],
  ['displayName eq "g"', "groups", { by: "name", value: "g" }],
  ['members[value eq "u"]', "groups", { by: "member", value: "u" }],
  ['id eq "g" and members eq "u"', "groups", { by: "member", value: "u" }],
  ['displayName eq "g" and members.value eq "u"', "groups", { by: "member", value: "u" }],
] as const)("%s of %s is looked up by %j", (text, of, expected) => expect(lookupOf(parseFilter(text), of)).toEqual(expected));
