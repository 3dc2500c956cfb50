import { describe, expect, test } from "@jest/globals";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { aCause } from "../../support/builders.ts";
import { aCompany } from "../../support/company.ts";

const ANNA = "anna@example.com";

/** Anna, whom Okta and Keycloak know by the same user id; a group of Keycloak's gives her a role. */
async function anna() {
  const company = aCompany();
  const { onboard, settle, world } = company;
  await onboard("acme");
  const told = async (provider: string, change: IdentityChange) => {
    await applyIdentityChange(change, provider, world.ports());
    await settle();
  };
  const at = () => world.now();
  const member = (member: boolean) =>
    told("keycloak", {
      kind: "membership",
      group: { id: "g1", displayName: "tenant:acme:viewer" },
      user: { id: "k1", userName: ANNA },
      member,
      occurredAt: at(),
    });
  const okta = (active: boolean) => told("okta", { kind: "user", user: { id: "o1", userName: ANNA, active }, occurredAt: at() });
  const compare = async () => {
    const { added, removed, refused } = await company.compare(undefined, {}, "keycloak");
    await settle();
    return { added, removed, refused };
  };
  await member(true);
  await okta(true);
  return { ...company, member, okta, compare };
}
const nothing = { added: 0, removed: 0, refused: 0 };
const viewer = [`acme ${ANNA}-tenant-viewer`];

describe("Where two providers tell of one user id,", () => {
  test("either's deactivation takes all, and the comparison leaves it so while it stands", async () => {
    const { okta, access, compare } = await anna();
    expect(access()).toEqual(viewer);
    await okta(false);
    expect(access()).toEqual([]);
    expect(await compare()).toEqual(nothing);
    expect(await compare()).toEqual(nothing);
    expect(access()).toEqual([]);
  });

  test("what the other's group gave comes back with the person, by the next comparison, once", async () => {
    const { okta, access, compare } = await anna();
    await okta(false);
    await okta(true);
    expect(await compare()).toEqual({ ...nothing, added: 1 });
    expect(access()).toEqual(viewer);
    expect(await compare()).toEqual(nothing);
  });

  test("what was given directly does not come back, and neither does what the group does not give any more", async () => {
    const { okta, member, access, compare, world, ports } = await anna();
    const command = { tenantId: "acme", cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
    await grantAccess(command, { userId: ANNA, role: "tenant-admin" }, undefined, ports);
    await okta(false);
    await member(false);
    await okta(true);
    expect(await compare()).toEqual(nothing);
    expect(access()).toEqual([]);
  });

  test("who was given back their access loses it again with the group, and with the next deactivation", async () => {
    const { okta, member, access, compare } = await anna();
    await okta(false);
    await okta(true);
    await compare();
    await member(false);
    expect(access()).toEqual([]);
    await member(true);
    expect(access()).toEqual(viewer);
    await okta(false);
    expect(access()).toEqual([]);
    expect(await compare()).toEqual(nothing);
  });

  test("who is deleted there, and forgotten, stays out until somebody speaks of them anew", async () => {
    const { okta, member, access, compare, directory } = await anna();
    await okta(false);
    directory.users.delete("okta#o1");
    expect(await compare()).toEqual(nothing);
    expect(access()).toEqual([]);
    await member(false);
    await member(true);
    expect(access()).toEqual(viewer);
  });
});
