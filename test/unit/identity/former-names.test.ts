import { expect, test } from "@jest/globals";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { syncUser } from "../../../shared/usecases/identity/sync-user.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { World } from "../../fault/support/world.ts";
import { aCause } from "../../support/builders.ts";

function aCompany() {
  const world = new World({ slots: 10 });
  const ports = world.ports();
  const command = (tenantId: string) => {
    world.pass(1_000);
    return { tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
  };
  const says = async (userName: string, active: boolean) => {
    world.pass(1_000);
    const user = { id: "anna", userName, active };
    await applyIdentityChange({ kind: "user", user, occurredAt: world.now() }, "okta", ports);
  };
  const gives = (tenantId: string, userId: string) => grantAccess(command(tenantId), { userId, role: "tenant-viewer" }, undefined, ports);
  const onboard = (tenantId: string) => onboardTenant(command(tenantId), { name: tenantId, tier: "basic" }, ports);
  const access = async () => {
    await world.settle();
    const standing = [...world.table.grants.values()].filter(({ granted }) => granted);
    return standing.map(({ tenantId, userId }) => `${tenantId} ${userId}`).sort();
  };
  return { world, ports, says, gives, onboard, access };
}

test("who is deactivated loses what was given to a name that they had, and nobody else what was given to it since", async () => {
  const { says, gives, onboard, access } = aCompany();
  for (const tenantId of ["acme", "umbra"]) await onboard(tenantId);
  await says("anna@x", true);
  await gives("acme", "anna@x");
  await says("anna.smith@x", true);
  await gives("acme", "anna.smith@x");
  await gives("umbra", "anna@x");
  // As directories do that keep a deleted person's record under another name.
  await says("gone-anna@x", false);
  expect(await access()).toEqual(["umbra anna@x"]);
});

test("who is renamed and stays keeps what was given directly", async () => {
  const { says, gives, onboard, access } = aCompany();
  await onboard("acme");
  await says("anna@x", true);
  await gives("acme", "anna@x");
  await says("anna.smith@x", true);
  expect(await access()).toEqual(["acme anna@x"]);
});

test("who is renamed again while the group's worker gives to the name before has the access under the last name alone", async () => {
  const { world, ports, says, onboard, access } = aCompany();
  await onboard("acme");
  await says("anna@x", true);
  const [group, user] = [{ id: "g1", displayName: "tenant:acme:viewer" }, { id: "anna" }];
  await applyIdentityChange({ kind: "membership", group, user, member: true, occurredAt: world.now() }, "okta", ports);
  expect(await access()).toEqual(["acme anna@x"]);
  await says("anna.smith@x", true);
  await syncUser("okta", "anna", () => true, ports);
  let renamed = false;
  const slow = world.ports(async (call, effect) => {
    if (call.startsWith("directory.markMembership") && !renamed) {
      renamed = true;
      await says("anna.brown@x", true);
      await syncUser("okta", "anna", () => true, ports);
    }
    return effect();
  });
  await syncGroup("okta", "g1", () => true, slow);
  expect(renamed).toBe(true);
  world.pass(1_000);
  expect(await access()).toEqual(["acme anna.brown@x"]);
});

test("whose name nobody told yet has no access, under their id or otherwise, until it is told", async () => {
  const { world, ports, says, onboard, access } = aCompany();
  await onboard("acme");
  const [group, user] = [{ id: "g1", displayName: "tenant:acme:viewer" }, { id: "anna" }];
  await applyIdentityChange({ kind: "membership", group, user, member: true, occurredAt: world.now() }, "okta", ports);
  expect(await access()).toEqual([]);
  await says("anna@x", true);
  expect(await access()).toEqual(["acme anna@x"]);
});

test("whose name is told, and is their id, has access under it", async () => {
  const { world, ports, onboard, access } = aCompany();
  await onboard("acme");
  const group = { id: "g1", displayName: "tenant:acme:viewer" };
  const said = (userName?: string) =>
    applyIdentityChange(
      { kind: "membership", group, user: { id: "anna@x", userName }, member: true, occurredAt: world.now() },
      "okta",
      ports,
    );
  await said();
  expect(await access()).toEqual([]);
  await said("anna@x");
  expect(await access()).toEqual(["acme anna@x"]);
});
