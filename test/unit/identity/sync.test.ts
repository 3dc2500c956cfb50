import { describe, expect, test } from "@jest/globals";
import type { DirectoryGroup } from "../../../shared/domain/identity.ts";
import { ClusterError } from "../../../shared/ports.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { changeMembers } from "../../../shared/usecases/identity/change-members.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { aCause } from "../../support/builders.ts";
import { aCompany } from "../../support/company.ts";
import { commandOf } from "../../fault/support/operations.ts";
import { registry } from "../../fault/support/registry-acts.ts";
import type { Gate } from "../../fault/support/world.ts";

describe("Groups of an identity provider", () => {
  test("give their members the role in the tenant that their name says, and take it back", async () => {
    const { said, onboard, access, settle, world } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.user("anna");
    await said.user("bob");
    await said.member("g1", "anna", true);
    await said.member("g1", "bob", true);
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer", "acme bob@example.com-tenant-viewer"]);
    const [grant] = [...world.table.grants.values()];
    expect(grant?.sources).toMatchObject({ "okta:g1": { granted: true, group: "tenant:acme:viewer", cause: { actor: "identity:okta" } } });
    await said.member("g1", "anna", false);
    await settle();
    expect(access()).toEqual(["acme bob@example.com-tenant-viewer"]);
  });

  test("that give the same role twice take it back only with the last", async () => {
    const { said, onboard, access, settle, world } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.group("g2", "tenant:acme:tenant-viewer");
    await said.user("anna");
    for (const id of ["g1", "g2"]) await said.member(id, "anna", true);
    await settle();
    await said.member("g1", "anna", false);
    await settle();
    expect(access()).toHaveLength(1);
    await said.member("g2", "anna", false);
    await settle();
    expect(access()).toEqual([]);
    expect(world.table.events.filter(({ type }) => type.startsWith("TenantAccess")).map(({ type }) => type)).toEqual([
      "TenantAccessGranted",
      "TenantAccessRevoked",
    ]);
  });

  test("take the access along when they are renamed, and away when they are deleted", async () => {
    const { said, onboard, access, settle, directory } = aCompany();
    await onboard("acme");
    await onboard("umbra");
    await said.group("g1", "tenant:acme:viewer");
    for (let number = 0; number < 250; number++) {
      await said.user(`u${number}`);
      await said.member("g1", `u${number}`, true);
    }
    await settle();
    expect(access()).toHaveLength(250);
    await said.group("g1", "tenant:umbra:admin");
    await settle();
    expect(access()).toHaveLength(250);
    expect(access().every((line) => line.startsWith("umbra ") && line.endsWith("tenant-admin"))).toBe(true);
    await said.group("g1", "tenant:umbra:admin", { deleted: true });
    await settle();
    expect(access()).toEqual([]);
    expect(await directory.getGroup("okta", "g1")).toMatchObject({ deleted: true, ttl: expect.any(Number) });
    expect((await directory.pageMembers("okta", "g1", { limit: 10 })).memberships).toEqual([]);
  }, 60_000);

  test("lose a member by a call that died, also where it read the group while other work was due, which is done by then", async () => {
    const { said, onboard, access, settle, world, directory } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.user("anna");
    await said.member("g1", "anna", true);
    const group = await directory.getGroup("okta", "g1");
    expect(group?.dueAt).toBeDefined();
    await settle();
    expect(access()).toHaveLength(1);
    let isDead = false;
    const dying = world.ports(async (call, effect) => {
      if (isDead) throw new Error("died");
      isDead = call === "directory.putMembership";
      return effect();
    });
    await expect(changeMembers(group as DirectoryGroup, [{ userId: "anna", member: false, at: "newest" }], dying)).rejects.toThrow("died");
    await settle();
    await settle();
    expect(access()).toEqual([]);
  });

  test("that come before their tenant wait for it, and keep nobody else from what is theirs", async () => {
    const { said, onboard, access, settle, world } = aCompany();
    await said.group("g1", "tenant:late:viewer");
    await said.user("anna");
    await said.member("g1", "anna", true);
    world.pass(1_000);
    for (let minute = 0; minute < 5; minute++) {
      await world.tick();
      world.pass(60_000);
    }
    expect(access()).toEqual([]);
    await onboard("late");
    await settle();
    expect(access()).toEqual(["late anna@example.com-tenant-viewer"]);
  });

  test("give in a tenant that came anew what they say now, however old the word is", async () => {
    const { said, onboard, access, settle, world, ports } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    for (const id of ["anna", "bob", "cleo"]) await said.user(id);
    for (const id of ["anna", "bob"]) await said.member("g1", id, true);
    await settle();
    await tearDownTenant({ tenantId: "acme", cause: aCause(), occurredAt: world.now() }, ports);
    await settle();
    await onboard("acme");
    await settle();
    // Anna's is older than the former tenant's end; Cleo's is new.
    const anna = await ports.directory.getMembership("okta", "g1", "anna");
    if (anna === undefined) throw new Error("Anna is a member.");
    await ports.directory.markMembership(anna, { ...anna, synced: "again:2029-01-01T00:00:00.000Z" });
    await said.member("g1", "cleo", true);
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer", "acme cleo@example.com-tenant-viewer"]);
  });

  test("whose members were told of before the mapping was known follow the newest word on each", async () => {
    const { said, onboard, access, settle, world } = aCompany();
    await onboard("acme");
    const [first, second] = [world.now(), new Date(world.nowMs + 1_000).toISOString()];
    world.pass(60_000);
    await said.user("anna");
    await said.user("bob");
    world.pass(1_000);
    await said.group("g1", "tenant:acme:viewer");
    await said.member("g1", "anna", false, first);
    await said.member("g1", "bob", true, first);
    await settle();
    await said.member("g1", "anna", true, second);
    await said.member("g1", "bob", false, second);
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer"]);
  });

  test("give a tenant's people access again when an id is onboarded anew", async () => {
    const { said, onboard, access, settle, world, ports, compare } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.user("anna");
    await said.member("g1", "anna", true);
    await settle();
    await tearDownTenant({ tenantId: "acme", cause: aCause(), occurredAt: world.now(), eager: world.run(ports) }, ports);
    await settle();
    expect(access()).toEqual([]);
    await onboard("acme");
    await settle();
    await compare();
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer"]);
  });

  test("whose names map to nothing give nothing", async () => {
    const { said, access, settle, world } = aCompany();
    for (const name of ["Everyone", "tenant:acme:owner", "tenant:NOT AN ID:viewer", "tenant::viewer", "tenant:acme:viewer\n"])
      await said.group(name, name);
    await said.user("anna");
    await said.member("Everyone", "anna", true);
    await settle();
    expect(access()).toEqual([]);
    expect(world.directory.dueItems()).toEqual([]);
  });

  test("a worker that read the user before they were deactivated cannot mark the membership as done", async () => {
    const { said, onboard, access, settle, world, ports } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.user("anna");
    await settle();
    await said.member("g1", "anna", true);
    // The worker is held up between reading the user and marking the membership; meanwhile the user goes.
    let deactivated = false;
    const slow = world.ports(async (call, effect) => {
      if (call.startsWith("directory.markMembership") && !deactivated) {
        deactivated = true;
        world.pass(1_000);
        await said.user("anna", { active: false });
        world.accessQueue = world.accessQueue.filter(({ item }) => !item.sk.startsWith("GROUP"));
        await settle();
      }
      return effect();
    });
    await syncGroup("okta", "g1", () => true, slow);
    await settle();
    expect(deactivated).toBe(true);
    expect(access()).toEqual([]);
    expect(ports.platform.identity.roleMapping).not.toEqual([]);
  });
});

describe("A person", () => {
  test("who is deactivated loses every grant in every tenant, and gets back only what groups give when they return", async () => {
    const { said, onboard, access, settle, world, ports, directory } = aCompany();
    const tenants = Array.from({ length: 40 }, (_, index) => `t${index}`);
    for (const tenantId of tenants) await onboard(tenantId);
    await said.group("g1", "tenant:t0:viewer");
    await said.user("anna");
    await said.member("g1", "anna", true);
    for (const tenantId of tenants)
      await grantAccess(
        { tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) },
        { userId: "anna@example.com", role: "tenant-admin" },
        undefined,
        ports,
      );
    await settle();
    expect(access()).toHaveLength(41);
    await said.user("anna", { active: false });
    await settle();
    expect(access()).toEqual([]);
    const removal = (await directory.getUser("okta", "anna"))?.removal;
    expect(removal).toMatchObject({ grants: 41, finishedAt: expect.any(String) });
    await said.user("anna", { active: true });
    await settle();
    expect(access()).toEqual(["t0 anna@example.com-tenant-viewer"]);
    expect((await directory.getUser("okta", "anna"))?.removal).toBeUndefined();
  }, 60_000);

  test("who is given access anew after the deactivation keeps that", async () => {
    const { said, onboard, access, settle, world, ports } = aCompany();
    await onboard("acme");
    await said.user("anna", { active: false });
    world.pass(1_000);
    const command = { tenantId: "acme", cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
    await grantAccess(command, { userId: "anna@example.com", role: "tenant-viewer" }, undefined, ports);
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer"]);
  });

  test("who is deactivated while a tenant is paused is looked after once a minute, until the tenant is resumed", async () => {
    const { said, onboard, access, settle, world, ports, directory } = aCompany();
    for (const tenantId of ["acme", "umbra"]) {
      await onboard(tenantId);
      const command = { tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
      await grantAccess(command, { userId: "anna@example.com", role: "tenant-viewer" }, undefined, ports);
    }
    const pause = (paused: boolean) =>
      pauseTenant({ tenantId: "umbra", cause: aCause(), occurredAt: world.now(), newest: true, eager: world.run(ports) }, paused, ports);
    await pause(true);
    world.pass(1_000);
    await said.user("anna", { active: false });
    for (let minute = 0; minute < 5; minute++) {
      world.pass(60_000);
      await world.tick();
    }
    expect(access()).toEqual(["umbra anna@example.com-tenant-viewer"]);
    expect(world.accessQueue.length).toBeLessThanOrEqual(1);
    expect((await directory.getUser("okta", "anna"))?.removal?.finishedAt).toBeUndefined();
    await pause(false);
    await settle();
    expect(access()).toEqual([]);
    expect((await directory.getUser("okta", "anna"))?.removal).toMatchObject({ grants: 2, finishedAt: expect.any(String) });
  });

  test.each<{ what: string; hold: (company: ReturnType<typeof aCompany>) => Promise<unknown>; taken: number }>([
    { what: "its cluster is paused", hold: ({ ports, world }) => registry.pauseCluster(commandOf(world, 1)(ports), ports), taken: 1 },
    {
      what: "it is being decommissioned on a cluster that is down",
      hold: ({ ports, world }) => {
        world.cluster.before = () => {
          throw new ClusterError(undefined, "Unreachable", "no route");
        };
        return tearDownTenant({ tenantId: "acme", cause: aCause(), occurredAt: world.now(), newest: true, eager: world.run(ports) }, ports);
      },
      taken: 0,
    },
  ])("whose tenant's cluster cannot follow the deactivation, as $what, is looked after seldom", async ({ hold, taken }) => {
    const company = aCompany();
    const { said, onboard, settle, world, ports, directory } = company;
    await onboard("acme");
    const command = { tenantId: "acme", cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
    await grantAccess(command, { userId: "anna@example.com", role: "tenant-viewer" }, undefined, ports);
    await said.user("anna");
    await settle();
    await hold(company);
    await said.user("anna", { active: false });
    let looks = 0;
    const counting: Gate = (call, effect) => {
      if (call === "directory.writeUser") looks += 1;
      return effect();
    };
    for (let second = 0; second < 3_600; second++) {
      world.pass(1_000);
      if (world.accessQueue.some(({ from }) => from <= world.nowMs)) await world.tick(counting);
    }
    expect(looks).toBeLessThan(100);
    expect((await directory.getUser("okta", "anna"))?.removal).toMatchObject({ grants: taken });
    expect((await directory.getUser("okta", "anna"))?.removal?.finishedAt).toBeUndefined();
  });

  test("who is renamed has the access under the new name alone", async () => {
    const { said, onboard, access, settle } = aCompany();
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    await said.user("anna");
    await said.member("g1", "anna", true);
    await settle();
    await said.user("anna", { userName: "anna.smith@example.com" });
    await settle();
    expect(access()).toEqual(["acme anna.smith@example.com-tenant-viewer"]);
  });
});
