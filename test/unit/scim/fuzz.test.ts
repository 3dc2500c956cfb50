import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { marshall } from "@aws-sdk/util-dynamodb";
import { patchOf, scimWorld } from "../../support/scim.ts";

const word = fc.constantFrom(
  "userName",
  "USERNAME",
  "displayName",
  "active",
  "emails",
  "members",
  "name",
  "name.givenName",
  "manager",
  "urn:x:2.0:User",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
  "urn:ietf:params:scim:schemas:core:2.0:User",
  'emails[type eq "work"].value',
  'emails[type eq "work" and primary eq true]',
  'members[value eq "a"]',
  "constructor",
  "toString",
  "externalId",
  "meta",
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.oneof(word, fc.string()), fc.jsonValue({ maxDepth: 2 })),
  fc.constantFrom("True", "False", "", null),
);
const operation = fc.record(
  { op: fc.constantFrom("add", "Replace", "REMOVE", "x"), path: fc.oneof(word, fc.string()), value },
  { requiredKeys: ["op"] },
);
const body = fc.oneof(
  value,
  fc.record({ userName: fc.string(), displayName: fc.string(), members: value, emails: value }, { requiredKeys: [] }),
);

test("whatever is sent is taken or refused in SCIM's words, and what is kept the table can keep", async () => {
  const { scim, directory, logged } = scimWorld();
  const user = (await scim("POST", "/Users", { userName: "alice", emails: [{ value: "a@b.c" }] })).body.id;
  const group = (await scim("POST", "/Groups", { displayName: "g" })).body.id;
  const request = fc.oneof(
    fc.record({ method: fc.constant("POST"), path: fc.constantFrom("/Users", "/Groups"), body }),
    fc.record({ method: fc.constant("PUT"), path: fc.constantFrom(`/Users/${user}`, `/Groups/${group}`), body }),
    fc.record({
      method: fc.constant("PATCH"),
      path: fc.constantFrom(`/Users/${user}`, `/Groups/${group}`),
      body: fc.array(operation, { maxLength: 4 }).map((operations) => patchOf(...operations)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, body: sent }) => {
      const { status, body: answered } = await scim(method, path, JSON.stringify(sent));
      expect([status < 500, logged]).toEqual([true, []]);
      if (status >= 400) expect(answered).toMatchObject({ status: String(status), detail: expect.any(String) });
    }),
    { numRuns: 1_000 },
  );
  for (const record of [...directory.users.values(), ...directory.groups.values()])
    marshall(record, { removeUndefinedValues: true, convertClassInstanceToMap: true });
});
