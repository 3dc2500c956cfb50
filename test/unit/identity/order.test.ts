import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { World } from "../../fault/support/world.ts";
import { aCause } from "../../support/builders.ts";

/** Half a year before the world's own time: a backlog, all of it older than when the groups were first worked on. */
const at = (second: number): string => new Date(Date.parse("2029-06-01T00:00:00.000Z") + second * 1_000).toISOString();

type Word = { settles: boolean; change: IdentityChange };

/** What the cluster's bindings say after the words came in this order, with the platform's work after some of them. */
async function accessAfter(words: readonly Word[]): Promise<string[]> {
  const world = new World({ slots: 10 });
  const ports = world.ports();
  for (const tenantId of ["acme", "umbra"]) {
    const command = { tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
    await onboardTenant(command, { name: tenantId, tier: "basic" }, ports);
  }
  for (const { change, settles } of words) {
    await applyIdentityChange(change, "okta", ports);
    world.pass(10);
    if (settles) await world.settle();
  }
  world.pass(1_000);
  await world.settle();
  return world.cluster
    .objects()
    .filter(({ kind, metadata }) => kind === "RoleBinding" && metadata?.name?.startsWith("user-"))
    .map(({ metadata }) => `${metadata?.namespace?.slice("tenant-".length)} ${metadata?.name?.slice("user-".length)}`)
    .sort();
}

const permutations = <T>(items: T[]): T[][] =>
  items.length < 2 ? [items] : items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]));

describe("The newest word decides, in the cluster too, in whatever order words come", () => {
  const group = { id: "g1", displayName: "tenant:acme:viewer" };
  const user = { id: "u1", userName: "anna@x" };
  const memberships = [true, false, true].map(
    (member, second): IdentityChange => ({ kind: "membership", group, user, member, occurredAt: at(second) }),
  );
  const states = [true, false, true].map(
    (active, second): IdentityChange => ({ kind: "user", user: { ...user, active }, occurredAt: at(second + 1) }),
  );

  test.each([
    ["in, out and in again", memberships, ["acme anna@x-tenant-viewer"]],
    ["in and out", memberships.slice(0, 2), []],
    ["in, and active, inactive, active", [...memberships.slice(0, 1), ...states], ["acme anna@x-tenant-viewer"]],
    ["in, and active, inactive", [...memberships.slice(0, 1), ...states.slice(0, 2)], []],
  ])("%s", async (_case, changes, expected) => {
    for (const order of permutations(changes))
      expect(await accessAfter(order.map((change) => ({ change, settles: true })))).toEqual(expected);
  });

  test("of memberships, people and groups side by side", async () => {
    const names = { g1: ["tenant:acme:viewer", "tenant:umbra:viewer", "none"], g2: ["tenant:acme:tenant-viewer", "tenant:acme:admin"] };
    const users = fc.constantFrom("u1", "u2");
    const groups = fc.constantFrom("g1" as const, "g2" as const);
    const word = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("membership" as const), user: users, group: groups, yes: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("user" as const), user: users, yes: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("group" as const), group: groups, name: fc.nat(2) }) },
    );
    const history = fc.array(word, { minLength: 2, maxLength: 7 }).chain((words) => {
      const changes = words.map((one, second): IdentityChange => {
        const occurredAt = at(second);
        if (one.kind === "user") return { kind: "user", user: { id: one.user, userName: `${one.user}@x`, active: one.yes }, occurredAt };
        if (one.kind === "group") {
          const displayName = names[one.group][one.name % names[one.group].length];
          return { kind: "group", group: { id: one.group, displayName }, deleted: false, occurredAt };
        }
        const person = { id: one.user, userName: `${one.user}@x` };
        return {
          kind: "membership",
          group: { id: one.group, displayName: names[one.group][0] },
          user: person,
          member: one.yes,
          occurredAt,
        };
      });
      const shuffled = fc.shuffledSubarray(changes, { minLength: changes.length, maxLength: changes.length });
      return fc.record({
        changes: fc.constant(changes),
        shuffled,
        settles: fc.array(fc.boolean(), { minLength: changes.length, maxLength: changes.length }),
      });
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ changes, shuffled, settles }) => {
        const inOrder = await accessAfter(changes.map((change) => ({ change, settles: true })));
        expect(await accessAfter(shuffled.map((change, n) => ({ change, settles: settles[n] === true })))).toEqual(inOrder);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
