import { describe, expect, test } from "@jest/globals";
import type { TenantStore } from "../../../shared/ports.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import { aCause, aDirectoryUser } from "../../support/builders.ts";
import { aCompany } from "../../support/company.ts";
import { commandOf } from "../../fault/support/operations.ts";
import { registry } from "../../fault/support/registry-acts.ts";
import type { Gate } from "../../fault/support/world.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `u${String(n).padStart(5, "0")}`);

/** A tenant, and a group that gives its members a role there; Zed is one of them, and the last by id. */
async function aGroup() {
  const company = aCompany();
  const { said, onboard, settle, world, directory } = company;
  await onboard("acme");
  await said.group("g1", "tenant:acme:viewer");
  await said.user("zed");
  await said.member("g1", "zed", true);
  await settle();
  /** `changed`: their users are judged anew besides. */
  const join = async (ids: readonly string[], { changed = true } = {}) => {
    for (const id of ids) {
      if (changed) await said.user(id);
      else await directory.writeUser(undefined, aDirectoryUser({ provider: "okta", id, userName: `${id}@example.com` }));
      await directory.putMembership({ provider: "okta", groupId: "g1", userId: id, member: true, at: world.now() });
    }
    await said.member("g1", ids.at(-1) ?? "", true);
  };
  const granted = () => [...world.table.grants.values()].filter((grant) => grant.granted);
  const hasAccess = (id: string) => granted().some(({ userId }) => userId === `${id}@example.com`);
  /** One round of the platform, 2 seconds later; messages of the same item as one. */
  const round = async (gate?: Gate, { merged = true } = {}) => {
    if (merged) world.accessQueue = [...new Map(world.accessQueue.map((one) => [one.item.pk + one.item.sk, one])).values()];
    world.pass(2_000);
    await world.tick(gate);
  };
  return { ...company, join, granted, hasAccess, round };
}

describe("Of a group with many changes, what takes access away", () => {
  test("is recorded before what gives it, whatever the order of ids", async () => {
    const { said, world, join, hasAccess, granted, round } = await aGroup();
    await join(names(300));
    world.pass(1);
    await said.member("g1", "zed", false);
    await round();
    expect(hasAccess("zed")).toBe(false);
    expect(granted().length).toBeLessThan(300);
    for (let n = 0; n < 100 && granted().length < 300; n++) await round();
    expect(granted()).toHaveLength(300);
  }, 60_000);

  test("is recorded also where grants wait, as the tenant is paused with as many as it may have under way", async () => {
    const { said, world, ports, join, hasAccess, granted, round } = await aGroup();
    await pauseTenant({ tenantId: "acme", cause: aCause(), occurredAt: world.now(), newest: true }, true, ports);
    await join(names(200));
    for (let n = 0; n < 5; n++) await round();
    expect(granted().length).toBeLessThan(201);
    await said.member("g1", "zed", false);
    await round();
    expect(hasAccess("zed")).toBe(false);
  }, 60_000);

  test("is recorded for every member of a renamed group before anybody is given anything by the new name", async () => {
    const { said, onboard, settle, world, join, round } = await aGroup();
    await onboard("umbra");
    await join(names(120));
    await settle();
    const order: string[] = [];
    const gate: Gate = async (call, effect, args) => {
      const [write] = args as [Parameters<TenantStore["write"]>[0]];
      for (const { before, after } of (call === "store.write" && write.grants) || [])
        if (after?.granted !== (before?.granted ?? false)) order.push(after?.granted === true ? "grant" : "revoke");
      return effect();
    };
    await said.group("g1", "tenant:umbra:viewer");
    for (let n = 0; n < 40 && (n === 0 || !world.quiet()); n++) await round(gate);
    expect(order).toEqual([...Array(121).fill("revoke"), ...Array(121).fill("grant")]);
  }, 60_000);
});

describe.each([200, 400])("The calls for %i members of one group", (count) => {
  const counted = async (company: Awaited<ReturnType<typeof aGroup>>, done: () => boolean, how = {}, eachRound = async () => {}) => {
    const calls = new Map<string, number>();
    const gate: Gate = (call, effect) => {
      calls.set(call, (calls.get(call) ?? 0) + 1);
      return effect();
    };
    for (let n = 0; n < 400 && !done(); n++) {
      await eachRound();
      await company.round(gate, how);
    }
    expect(done()).toBe(true);
    return (call: string) => (calls.get(`directory.${call}`) ?? 0) / count;
  };

  test("who join at once are in proportion to their number", async () => {
    const company = await aGroup();
    await company.join(names(count), { changed: false });
    const perMember = await counted(company, () => company.granted().length === count + 1);
    expect(perMember("getUser")).toBeLessThan(2);
    expect(perMember("markMembership")).toBeLessThanOrEqual(1);
    expect(perMember("pageMembers")).toBeLessThan(0.1);
  }, 60_000);

  test("who join one by one, a message each, are in proportion to their number", async () => {
    const company = await aGroup();
    await company.join(names(count), { changed: false });
    for (const id of names(count)) await company.said.member("g1", id, true, company.world.now());
    const perMember = await counted(company, () => company.granted().length === count + 1, { merged: false });
    expect(perMember("getUser")).toBeLessThan(3);
    expect(perMember("markMembership")).toBeLessThanOrEqual(1);
    expect(perMember("pageMembers")).toBeLessThan(0.2);
  }, 60_000);

  test("who are all renamed are in proportion to their number", async () => {
    const company = await aGroup();
    const { said, settle, granted, world } = company;
    await company.join(names(count), { changed: false });
    await settle();
    // A hundred at a time: the world takes more calls for one group at one moment for a loop.
    const waiting = names(count);
    const rename = async () => {
      for (const id of waiting.splice(0, 100)) await said.user(id, { userName: `${id}@example.org` });
    };
    const perMember = await counted(
      company,
      () => granted().filter(({ userId }) => userId.endsWith(".org")).length === count && world.quiet(),
      {},
      rename,
    );
    expect(granted()).toHaveLength(count + 1);
    expect(perMember("getUser")).toBeLessThan(5);
    expect(perMember("markMembership")).toBeLessThanOrEqual(3);
    expect(perMember("pageMembers")).toBeLessThan(0.1);
  }, 60_000);
});

describe("Of a group with more grants than a tenant has under way at once, what is left", () => {
  test("is tried once a minute while the tenant's cluster is paused", async () => {
    const { world, ports, join, granted } = await aGroup();
    await registry.pauseCluster(commandOf(world, 1)(ports), ports);
    await join(names(120), { changed: false });
    let tries = 0;
    const counting: Gate = (call, effect) => {
      if (call === "index.take") tries += 1;
      return effect();
    };
    for (let second = 0; second < 600; second++) {
      world.pass(1_000);
      if (world.accessQueue.some(({ from }) => from <= world.nowMs)) await world.tick(counting);
    }
    expect(granted()).toHaveLength(51);
    expect(tries).toBeLessThan(20);
    await registry.resumeCluster(commandOf(world, 2)(ports), ports);
    await world.settle();
    expect(granted()).toHaveLength(121);
  }, 60_000);
});
