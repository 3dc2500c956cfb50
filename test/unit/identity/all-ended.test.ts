import { describe, expect, test } from "@jest/globals";
import { changeMembers } from "../../../shared/usecases/identity/change-members.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { syncUser } from "../../../shared/usecases/identity/sync-user.ts";
import { reviseTenants } from "../../../shared/usecases/revise-tenants.ts";
import { acts, commandOf, doneAll } from "../../fault/support/operations.ts";
import { type Gate, type Ports, World } from "../../fault/support/world.ts";
import { platform } from "../../support/builders.ts";

const members = ["u2", "u3", "u4", "u5"];
const tenants = ["acme", "globex", "initech", "umbrella"];
const always = (): boolean => true;

/** A group with four new members who are told of and not worked on. */
async function aGroup(world: World): Promise<void> {
  await doneAll(world, [acts.onboard, acts.join]);
  for (const userId of members)
    await world.directory.putMembership({ provider: "okta", groupId: "g1", userId, member: true, at: world.now() });
  await world.directory.touchGroup("okta", "g1", world.now());
}

async function changesMembers(world: World) {
  await aGroup(world);
  const group = await world.directory.getGroup("okta", "g1");
  const changes = members.map((userId) => ({ userId, member: false, at: "newest" as const }));
  return (ports: Ports) => changeMembers(group as NonNullable<typeof group>, changes, ports);
}

async function worksOnAGroup(world: World) {
  await aGroup(world);
  return (ports: Ports) => syncGroup("okta", "g1", always, ports);
}

async function forgetsAGroup(world: World) {
  await aGroup(world);
  const ports = world.ports();
  await acts.deleteGroup(commandOf(world, 9)(ports), ports);
  return (failing: Ports) => syncGroup("okta", "g1", always, failing);
}

/** A person with a grant in each of four tenants, who was deactivated. */
async function takesAllAccess(world: World) {
  for (const tenantId of tenants)
    for (const act of [acts.onboard, acts.grant]) {
      const ports = world.ports();
      await act({ ...commandOf(world, tenants.indexOf(tenantId), { tenantId, key: undefined })(ports) }, ports);
      await world.settle();
    }
  world.pass(60_000);
  const ports = world.ports();
  await acts.deactivate(commandOf(world, 9)(ports), ports);
  return (failing: Ports) => syncUser("okta", "u1", always, failing);
}

async function asksTenants(world: World) {
  for (const tenantId of tenants) {
    const ports = world.ports();
    await acts.onboard({ ...commandOf(world, 1, { tenantId, key: undefined })(ports) }, ports);
  }
  await world.settle();
  world.pass(60_000);
  world.platform = { ...platform, monitoring: { ...platform.monitoring, interval: "47s" } };
  return (ports: Ports) => reviseTenants({ ...ports, ...ports.revisions }, new AbortController().signal);
}

describe("Of calls side by side, one of which fails, the others have ended when the work returns", () => {
  test.each([
    ["a change of many members", changesMembers, "directory.putMembership"],
    ["the work on a group", worksOnAGroup, "directory.markMembership"],
    ["the end of a group", forgetsAGroup, "directory.deleteMembership"],
    ["the end of a person's access", takesAllAccess, "store.getGrants"],
    ["a wave of revisions", asksTenants, "store.get"],
  ])("%s", async (_what, prepared, failing) => {
    const world = new World({ slots: 5 });
    const work = await prepared(world);
    let calls = 0;
    let returned = false;
    const late: string[] = [];
    const gate: Gate = async (call, effect) => {
      if (call === failing && ++calls === 1) throw new Error("no answer");
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (returned) late.push(call);
      return effect();
    };
    await expect(work(world.ports(gate))).rejects.toThrow("no answer");
    returned = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toBeGreaterThan(1);
    expect(late).toEqual([]);
  });
});
