import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Ours, planComparison, type Theirs } from "../../../shared/domain/directory-comparison.ts";

const asOf = "2030-01-31T12:00:00.000Z";
const wide = { share: 1, count: 0 };
const member = (id: string, active = true) => ({ id, userName: `${id}@acme.test`, active });
const theirs = (members: string[], more: Partial<Theirs> = {}): Theirs => ({
  asOf,
  groups: [{ id: "g1", displayName: "tenant:acme:viewer", members: members.map((id) => member(id)) }],
  inactive: [],
  ...more,
});
const ours = (members: string[], users = members): Ours => ({
  groups: [{ id: "g1", displayName: "tenant:acme:viewer", members }],
  users: users.map((id) => ({ id, userName: `${id}@acme.test`, active: true })),
});
const brief = (plan: ReturnType<typeof planComparison>): string[] =>
  plan.changes.map((change) => {
    if (change.kind === "membership") return `${change.member ? "+" : "-"}${change.user.id}@${change.group.id}`;
    return change.kind === "user" ? `${change.user.id} ${change.user.active}` : `${change.group.id} ${change.group.displayName}`;
  });

describe("a comparison with a provider", () => {
  test("adds who is missing and takes who is too many, dated before it was asked", () => {
    const plan = planComparison(theirs(["a", "b"]), ours(["b", "c"]), wide, true);
    expect(brief(plan)).toEqual(["-c@g1", "+a@g1"]);
    expect(plan.changes.every(({ occurredAt }) => occurredAt === asOf)).toBe(true);
    expect(plan.report).toEqual({ groups: 1, added: 1, removed: 1, refused: 0, renamed: 0 });
  });

  test("finds nothing where both are the same, by whatever ids", () => {
    expect(planComparison(theirs(["a"]), ours(["a"]), wide, true).changes).toEqual([]);
    const scim: Ours = {
      groups: [{ id: "ours-g", displayName: "Tenant:ACME:viewer".toLowerCase(), members: ["ours-u"] }],
      users: [{ id: "ours-u", userName: "A@acme.test", active: true }],
    };
    expect(planComparison(theirs(["a"]), scim, wide, true).changes).toEqual([]);
    const byExternalId: Ours = {
      groups: [{ id: "ours-g", externalId: "g1", displayName: "tenant:acme:viewer", members: ["ours-u"] }],
      users: [{ id: "ours-u", externalId: "a", userName: "other", active: true }],
    };
    expect(planComparison(theirs(["a"]), byExternalId, wide, true).changes).toEqual([]);
  });

  test("takes all of a group that is not there any more, or has a name that means nothing", () => {
    expect(brief(planComparison(theirs([], { groups: [] }), ours(["a", "b"]), wide, true))).toEqual(["-a@g1", "-b@g1"]);
  });

  test("tells a group's new name", () => {
    const renamed = { ...ours(["a"]), groups: [{ id: "g1", displayName: "tenant:old:viewer", members: ["a"] }] };
    expect(brief(planComparison(theirs(["a"]), renamed, wide, true))).toEqual(["g1 tenant:acme:viewer"]);
  });

  test("deactivates who is inactive there, member or not", () => {
    const suspended = theirs([], { groups: [{ id: "g1", displayName: "tenant:acme:viewer", members: [member("a", false)] }] });
    expect(brief(planComparison(suspended, ours(["a"]), wide, true))).toEqual(["a false"]);
    expect(brief(planComparison(theirs(["a"], { inactive: [member("x", false)] }), ours(["a"], ["a", "x"]), wide, true))).toEqual([
      "x false",
    ]);
    expect(brief(planComparison(theirs(["a"], { inactive: [member("stranger", false)] }), ours(["a"]), wide, true))).toEqual([]);
  });

  test("activates who is active there only where nobody else decides that", () => {
    const asleep: Ours = { ...ours(["a"]), users: [{ id: "a", userName: "a@acme.test", active: false }] };
    expect(brief(planComparison(theirs(["a"]), asleep, wide, true))).toEqual(["a true"]);
    expect(brief(planComparison(theirs(["a"]), asleep, wide, false))).toEqual([]);
  });

  test.each([
    ["no more than the count go, whatever the share", 10, { share: 0, count: 10 }, 0],
    ["more than the count go where the share allows it", 11, { share: 0.11, count: 10 }, 0],
    ["none go where both are passed", 12, { share: 0.11, count: 10 }, 12],
    ["none of all go", 100, { share: 0.99, count: 10 }, 100],
    ["none go where none may", 1, { share: 0, count: 0 }, 1],
  ])("%s", (_case, lost, bound, refused) => {
    const all = Array.from({ length: 100 }, (_, n) => `u${n}`);
    const plan = planComparison(theirs([...all.slice(lost), "new"]), ours(all), bound, true);
    expect(plan.report).toMatchObject({ added: 1, refused, removed: refused > 0 ? 0 : lost });
    expect(plan.changes).toHaveLength(plan.report.added + plan.report.removed);
  });

  test("never take everybody at once, however few they are, unless the share says so; the last one may go", () => {
    const refused = (members: string[], share: number) =>
      planComparison(theirs([], { groups: [] }), ours(members), { share, count: 10 }, true).report.refused;
    expect([refused(["a", "b", "c"], 0.2), refused(["a", "b"], 0.2), refused(["a"], 0.2), refused(["a", "b"], 1)]).toEqual([3, 2, 0, 0]);
  });

  test("comes to the provider's members, from any others, and then to nothing", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"));
    fc.assert(
      fc.property(names, names, (there, here) => {
        const members = new Set<string>(here);
        for (const change of planComparison(theirs(there), ours(here), wide, true).changes)
          if (change.kind === "membership") change.member ? members.add(change.user.id) : members.delete(change.user.id);
        expect([...members].sort()).toEqual([...there].sort());
        expect(planComparison(theirs(there), ours([...members]), wide, true).changes).toEqual([]);
      }),
    );
  });
});
