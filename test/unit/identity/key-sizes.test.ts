import { describe, expect, test } from "@jest/globals";
import { userId as userIdSchema } from "../../../events/bodies/fields.ts";
import { keys } from "../../../shared/adapters/dynamodb/table.ts";
import { isId } from "../../../shared/domain/directory.ts";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { auth0 } from "../../../shared/webhooks/auth0.ts";
import { keycloak } from "../../../shared/webhooks/keycloak.ts";
import { standard } from "../../../shared/webhooks/standard.ts";
import { workos } from "../../../shared/webhooks/workos.ts";
import { identityWorld } from "../../support/identity-world.ts";
import { patchOf, scimWorld } from "../../support/scim.ts";
import { MOST } from "../../support/table-limits.ts";

/** Characters of three bytes each, which is the most that one of UTF-16 comes to. */
const wide = (count: number): string => "\uffee".repeat(count);
const at = "2030-01-31T12:00:00.000Z";
const bytes = Buffer.byteLength;

describe("What a webhook tells, at its longest,", () => {
  const user = { id: wide(256), username: wide(1_024), userName: wide(1_024), email: wide(1_024) };
  const group = { id: `${wide(255)}g`, name: wide(1_024), displayName: wide(1_024) };
  const told = [
    standard.translate(JSON.stringify({ type: "membership.added", timestamp: at, data: { user, group } })),
    workos.translate(JSON.stringify({ event: "dsync.group.user_added", created_at: at, data: { user, group } })),
    keycloak.translate(
      JSON.stringify({ type: "admin.GROUP_MEMBERSHIP-CREATE", time: 1, resourcePath: `users/${user.id}/groups/${group.id}` }),
    ),
  ];

  test.each(told.map(({ changes, malformed }) => [changes, malformed] as const))("can be recorded", async (changes, malformed) => {
    expect(malformed).toEqual([]);
    const { ports, directory } = identityWorld();
    for (const change of changes) await applyIdentityChange(change as IdentityChange, "keycloak", ports);
    expect((await directory.pageMembers("keycloak", group.id, { limit: 1 })).memberships).toMatchObject([{ userId: user.id }]);
  });

  test("is set aside with the reason where an id, put together of two, is too long for a key", () => {
    const object = { organization: { id: wide(256) }, role: { id: wide(256), name: "admin" }, user: { user_id: "auth0|ada" } };
    const event = { id: "e", type: "organization.member.role.assigned", time: at, data: { object } };
    const { changes, malformed } = auth0.translate(JSON.stringify(event));
    expect(changes).toEqual([]);
    expect(malformed).toEqual(["organization.member.role.assigned: an id has more than 768 bytes"]);
  });
});

describe("SCIM", () => {
  test("takes a name, an externalId and a member's id of 256 characters, however many bytes they have", async () => {
    const { scim } = scimWorld();
    const user = await scim("POST", "/Users", { userName: wide(256), externalId: wide(256), active: true });
    expect(user.status).toBe(201);
    const group = await scim("POST", "/Groups", { displayName: wide(256), members: [{ value: wide(256) }] });
    expect(group.status).toBe(201);
    const found = await scim("GET", `/Users?filter=${encodeURIComponent(`userName eq "${wide(256)}"`)}`);
    expect(found.body.Resources).toHaveLength(1);
  });

  test("refuses what is longer with invalidValue", async () => {
    const { scim } = scimWorld();
    const refused = { status: 400, body: { scimType: "invalidValue" } };
    expect(await scim("POST", "/Users", { userName: "x".repeat(257) })).toMatchObject(refused);
    expect(await scim("POST", "/Groups", { displayName: "g", members: [{ value: "x".repeat(257) }] })).toMatchObject(refused);
    const { body } = await scim("POST", "/Groups", { displayName: "g" });
    for (const operation of [
      { op: "add", path: "members", value: [{ value: "x".repeat(257) }] },
      { op: "remove", path: `members[value eq "${wide(600)}"]` },
    ])
      expect(await scim("PATCH", `/Groups/${body.id}`, patchOf(operation))).toMatchObject(refused);
  });

  test("refuses text that two ways of writing would make one", async () => {
    const { scim } = scimWorld();
    expect(await scim("POST", "/Users", { userName: "ada\ud800" })).toMatchObject({ status: 400, body: { scimType: "invalidValue" } });
  });

  test.each([
    ["/Users", `id eq "${wide(600)}"`],
    ["/Users", `userName eq "${wide(900)}"`],
    ["/Users", `externalId eq "${wide(900)}"`],
    ["/Groups", `id eq "${wide(600)}"`],
    ["/Groups", `displayName eq "${wide(900)}"`],
    ["/Groups", `members.value eq "${wide(900)}"`],
  ])("finds nobody at %s by a filter with more than a key holds", async (path, filter) => {
    const { scim } = scimWorld();
    expect(await scim("GET", `${path}?filter=${encodeURIComponent(filter)}`)).toMatchObject({ status: 200, body: { totalResults: 0 } });
  });
});

test("the longest ids, user ids, roles, event ids and principals stay within what keys hold", () => {
  const id = wide(256);
  expect([isId(id), isId(`${id}x`)]).toEqual([true, false]);
  expect(userIdSchema.safeParse(wide(256)).success).toBe(true);
  const provider = "p".repeat(31);
  const [tenantId, role] = ["t".repeat(40), "r".repeat(63)];
  const items = [
    keys.user(provider, id),
    keys.group(provider, id),
    keys.member(provider, id, id),
    keys.userName(provider, wide(5_000)),
    keys.grant(tenantId, `${id}\n${role}`),
    keys.dedupe(wide(5_000)),
    keys.webhook(provider, "x".repeat(256)),
  ];
  for (const { pk, sk } of items) {
    expect(bytes(pk)).toBeLessThanOrEqual(MOST.partitionKeyBytes);
    expect(bytes(sk)).toBeLessThanOrEqual(MOST.sortKeyBytes);
  }
  const indexed = [
    keys.userOfMemberships(provider, id),
    keys.userOfGrants(id),
    keys.externalId(provider, wide(5_000)),
    keys.groupName(provider, id),
  ];
  for (const key of indexed) expect(bytes(key)).toBeLessThanOrEqual(MOST.partitionKeyBytes);
});
