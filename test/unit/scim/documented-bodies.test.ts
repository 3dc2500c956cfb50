import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { scimBodies } from "../../../shared/http/openapi/scim-schemas.ts";
import type { Resource } from "../../../shared/http/scim/attributes.ts";
import { ScimError } from "../../../shared/http/scim/error.ts";
import { groupDraftOf } from "../../../shared/http/scim/group.ts";
import { operationsOf, withPaths } from "../../../shared/http/scim/patch.ts";
import { userDraftOf } from "../../../shared/http/scim/user.ts";
import { patchOf } from "../../support/scim.ts";

const isRead = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof ScimError) return false;
    throw error;
  }
};
const isDocumented = (operationId: string, body: unknown): boolean => scimBodies[operationId]?.safeParse(body).success === true;

const text = fc.constantFrom("a", "Anna Adams", "", " ", "a\u0000", "a\u0085b", "\ud800", "x".repeat(256), "x".repeat(257));
const anything = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, [], {}, true, "True", "false", "yes", 0, -0, 1e-150, -1e-90, 2 ** 53, -(2 ** 53 - 1)),
);
const listOf = (one: fc.Arbitrary<unknown>) => fc.oneof(anything, fc.array(one, { maxLength: 3 }));
const withoutProto = (body: object): boolean => !JSON.stringify(body).includes('"__proto__"');

describe("What OpenAPI says of SCIM's bodies is what is read", () => {
  test("of users", () => {
    const email = fc.record({ value: text, type: anything, primary: anything }, { requiredKeys: [] });
    const user = fc.record(
      {
        userName: fc.oneof(text, anything),
        externalId: anything,
        active: anything,
        displayName: text,
        emails: listOf(fc.oneof(email, text)),
        title: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(user.filter(withoutProto), (body) => {
        expect(isDocumented("createUser", body)).toBe(isRead(() => userDraftOf(body)));
      }),
      { numRuns: 1_000 },
    );
  });
  test("of groups", () => {
    const member = fc.oneof(text, fc.record({ value: text, display: anything }, { requiredKeys: [] }));
    const group = fc.record(
      { displayName: fc.oneof(text, anything), externalId: anything, members: listOf(member), other: anything },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(group.filter(withoutProto), (body) => {
        expect(isDocumented("createGroup", body)).toBe(isRead(() => groupDraftOf(body)));
      }),
      { numRuns: 1_000 },
    );
  });
  test("of a PATCH's operations, but for the grammar of paths", () => {
    const operation = fc.record(
      {
        op: fc.constantFrom("add", "Add", "REPLACE", "remove", "move", "", 5),
        path: fc.constantFrom("title", "active", null),
        value: fc.constantFrom("a", null, {}, { title: "CEO" }, []),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 2 }), (operations) => {
        const body = patchOf(...operations) as Resource;
        expect(isDocumented("patchUser", body)).toBe(isRead(() => withPaths(operationsOf(body))));
      }),
      { numRuns: 1_000 },
    );
    for (const schemas of [undefined, [], ["x"], "x"])
      expect(isDocumented("patchUser", { ...patchOf({ op: "remove", path: "a" }), schemas })).toBe(false);
  });
  test("the examples of the document are read", () => {
    for (const [operationId, read] of [
      ["createUser", userDraftOf],
      ["createGroup", groupDraftOf],
      ["patchUser", operationsOf],
    ] as const) {
      const [example = {}] = (scimBodies[operationId]?.meta()?.["examples"] ?? []) as Resource[];
      expect(isDocumented(operationId, example) && isRead(() => read(example))).toBe(true);
    }
  });
});
