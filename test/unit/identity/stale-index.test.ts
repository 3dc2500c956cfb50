import { describe, expect, test } from "@jest/globals";
import { changeMembers } from "../../../shared/usecases/identity/change-members.ts";
import { changeUser, createUser } from "../../../shared/usecases/identity/provision-user.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { type Gate, never } from "../../fault/support/world.ts";
import { aCompany } from "../../support/company.ts";

/** Holds one call until it is let go. */
function holding(name: string) {
  const { promise: open, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: held, resolve: tell } = Promise.withResolvers<void>();
  const gate: Gate = async (call, effect) => {
    if (call === name) {
      tell();
      await open;
    }
    return effect();
  };
  return { gate, held, letGo };
}

/** Anna, who joins a group now; the index of memberships shows that only after some seconds. */
async function annaJoins(lagMs = 5_000) {
  const company = aCompany();
  const { said, onboard, settle, world, directory } = company;
  await onboard("acme");
  await said.group("g1", "tenant:acme:viewer");
  await settle();
  const ports = { ...company.ports, cause: undefined };
  const anna = await createUser("okta", { userName: "anna.old@example.com", active: true }, ports);
  const group = await directory.getGroup("okta", "g1");
  if (group === undefined) throw new Error("The group is there.");
  await changeMembers(group, [{ userId: anna.id, member: true, at: "newest" }], ports);
  const shown = world.nowMs + lagMs;
  const current = directory.groupsOf.bind(directory);
  directory.groupsOf = async (provider, userId) => (world.nowMs < shown ? [] : current(provider, userId));
  const change = (draft: { userName?: string; active?: boolean }) =>
    changeUser("okta", anna.id, (before) => ({ ...before, ...draft }), undefined, ports);
  /** The messages that wait, one after the other. */
  const work = async () => {
    for (const { work } of world.invocations()) await Promise.race([work(world.ports()), never()]);
  };
  return { ...company, change, work };
}

describe("A person who is renamed right after joining a group, as the index of memberships does not show it yet,", () => {
  test("keeps nothing under the old name where the group's work is done before", async () => {
    const { change, settle, access, world, work } = await annaJoins();
    await world.tick();
    expect(access()).toEqual(["acme anna.old@example.com-tenant-viewer"]);
    world.pass(200);
    await change({ userName: "anna.new@example.com" });
    await work();
    await settle();
    expect(access()).toEqual(["acme anna.new@example.com-tenant-viewer"]);
  });

  test("keeps nothing under the old name where the group's work is under way with it", async () => {
    const { change, settle, access, world, work } = await annaJoins();
    world.accessQueue = [];
    const { gate, held, letGo } = holding("store.write");
    const late = syncGroup("okta", "g1", () => true, world.ports(gate));
    await held;
    world.pass(200);
    await change({ userName: "anna.new@example.com" });
    await work();
    letGo();
    await late;
    await settle();
    expect(access()).toEqual(["acme anna.new@example.com-tenant-viewer"]);
  });

  test("is looked for a last time some seconds later, and then not any more", async () => {
    const { change, world, directory, access } = await annaJoins();
    await world.tick();
    await change({ userName: "anna.new@example.com" });
    let looks = 0;
    const counted: Gate = (call, effect) => {
      if (call === "directory.groupsOf") looks++;
      return effect();
    };
    for (let second = 0; second < 120; second++) {
      world.pass(1_000);
      await world.tick(counted);
    }
    expect(looks).toBe(2);
    expect(directory.dueItems()).toEqual([]);
    expect(access()).toEqual(["acme anna.new@example.com-tenant-viewer"]);
  });
});

test("A change of a user judges each membership once, though it is looked for twice", async () => {
  const { said, onboard, settle, world, access } = aCompany();
  await onboard("acme");
  await said.group("g1", "tenant:acme:viewer");
  await said.user("anna");
  await said.member("g1", "anna", true);
  await settle();
  await said.user("anna", { userName: "anna.new@example.com" });
  const marks: unknown[] = [];
  const counted: Gate = (call, effect, args) => {
    if (call === "directory.markMembership") marks.push((args[1] as { synced: string }).synced);
    return effect();
  };
  await world.settle({ gate: counted });
  expect(access()).toEqual(["acme anna.new@example.com-tenant-viewer"]);
  expect(marks.filter((mark) => String(mark).startsWith("again:"))).toHaveLength(1);
});
