import { describe, expect, test } from "@jest/globals";
import { changeAccess } from "../../../shared/usecases/change-access.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { aCause } from "../../support/builders.ts";
import { aCompany } from "../../support/company.ts";

describe("The comparison of grants with the directory", () => {
  const given = async (people: number) => {
    const company = aCompany();
    const { said, onboard, settle } = company;
    await onboard("acme");
    await said.group("g1", "tenant:acme:viewer");
    for (let number = 0; number < people; number++) {
      await said.user(`u${number}`);
      await said.member("g1", `u${number}`, true);
    }
    await settle();
    const compare = async () => {
      company.world.pass(1_000);
      const { startedAt: _started, complete, ...report } = await company.compare();
      expect(complete).toBe(true);
      await settle();
      return report;
    };
    return { ...company, compare, compareWith: company.compare };
  };

  test("finds nothing where grants are as memberships say", async () => {
    const { compare, world } = await given(5);
    expect(await compare()).toEqual({ grants: 5, added: 0, removed: 0, refused: 0 });
    expect(world.directory.dueItems()).toEqual([]);
  });

  test("gives what was lost, and takes back what nobody's membership gives", async () => {
    const { compare, access, world, ports } = await given(5);
    const source = { role: "tenant-viewer", source: "okta:g1", at: world.now() };
    await changeAccess(
      { tenantId: "acme", cause: aCause(), occurredAt: world.now() },
      [
        { ...source, userId: "mallory@example.com", granted: true },
        { ...source, userId: "u3@example.com", granted: false },
      ],
      ports,
    );
    world.pass(1_000);
    // A restore from a backup, say, that knows of the grants and not of the members' marks.
    await world.settle();
    expect(access()).toContain("acme mallory@example.com-tenant-viewer");
    for (const grant of world.table.grants.values()) if (grant.userId === "u3@example.com") grant.sources = {};
    expect(await compare()).toEqual({ grants: 5, added: 1, removed: 1, refused: 0 });
    expect(access()).toEqual(Array.from({ length: 5 }, (_, number) => `acme u${number}@example.com-tenant-viewer`));
    expect(await compare()).toMatchObject({ added: 0, removed: 0 });
  });

  test("brings a changed role mapping to groups of which nobody says anything", async () => {
    const { compare, compareWith, access, ports, world } = await given(5);
    const edited = { ...ports, platform: { ...ports.platform, identity: { ...ports.platform.identity, roleMapping: [] } } };
    world.pass(1_000);
    await compareWith(undefined, edited);
    await syncGroup("okta", "g1", () => true, edited);
    world.pass(1_000);
    await world.settle();
    expect(access()).toEqual([]);
    await compare();
    expect(access()).toHaveLength(5);
  });

  test("does not remove most of them at once, and says so", async () => {
    const { compare, access, world } = await given(20);
    for (const members of world.directory.members.values()) members.clear();
    expect(await compare()).toEqual({ grants: 20, added: 0, removed: 0, refused: 20 });
    expect(access()).toHaveLength(20);
  });
});

describe("The comparison of many groups", () => {
  const GROUPS = 60;
  const groupId = (n: number): string => `g${String(n).padStart(3, "0")}`;
  const forEachGroup = async (work: (id: string, n: number) => Promise<unknown>) => {
    for (let n = 0; n < GROUPS; n++) await work(groupId(n), n);
  };
  /** Groups with one member each, of one tenant. */
  const given = async () => {
    const company = aCompany();
    await company.onboard("acme");
    await forEachGroup(async (id, n) => {
      await company.said.group(id, "tenant:acme:viewer");
      await company.said.user(`u${n}`);
      await company.said.member(id, `u${n}`, true);
    });
    await company.settle();
    return company;
  };
  /** Time to look at so many groups, and to repair so much. */
  const timeFor = (groups: number, repairs = Number.POSITIVE_INFINITY) => {
    let [looked, repaired] = [0, 0];
    return { look: () => ++looked < groups, repair: () => ++repaired <= repairs };
  };
  const loses = (company: Awaited<ReturnType<typeof given>>, n: number) => {
    for (const grant of company.world.table.grants.values()) if (grant.userId === `u${n}@example.com`) grant.sources = {};
  };

  test("goes on in the next run where a run's time was up, and begins anew after the last group", async () => {
    const company = await given();
    loses(company, GROUPS - 1);
    const runs = [];
    for (let run = 0; run < 6; run++) {
      company.world.pass(900_000);
      runs.push(await company.compare(timeFor(10)));
    }
    expect(runs.map(({ grants }) => grants)).toEqual([10, 10, 10, 10, 10, 9]);
    expect(runs.map(({ complete }) => complete)).toEqual([false, false, false, false, false, true]);
    expect(runs.map(({ added }) => added)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(new Set(runs.map(({ startedAt }) => startedAt)).size).toBe(1);
    await company.settle();
    expect(company.access()).toHaveLength(GROUPS);
    expect(await company.rounds.read("okta")).toBeUndefined();
    expect(await company.compare(timeFor(10))).toMatchObject({ grants: 10, complete: false });
  }, 60_000);

  test("looks at one group even where it has no time at all, and reads the members and users of no other", async () => {
    const company = await given();
    const read: string[] = [];
    const watched = company.world.ports(async (call, effect, args) => {
      if (/directory\.(pageMembers|getUser)/.test(call)) read.push(String(args[1]));
      return effect();
    });
    expect(await company.compare({ look: () => false, repair: () => true }, watched)).toMatchObject({ grants: 1, complete: false });
    expect(await company.compare({ look: () => false, repair: () => true }, watched)).toMatchObject({ grants: 1, complete: false });
    expect(read).toEqual([groupId(0), "u0", groupId(1), "u1"]);
  }, 60_000);

  test("goes on before the group that it had no time to repair", async () => {
    const company = await given();
    for (const n of [3, 5, 7]) loses(company, n);
    expect(await company.compare(timeFor(GROUPS + 1, 1))).toMatchObject({ added: 1, complete: false });
    expect(await company.rounds.read("okta")).toMatchObject({ after: groupId(4) });
    await company.settle();
    expect(await company.compare()).toMatchObject({ added: 2, complete: true });
    await company.settle();
    expect(company.access()).toHaveLength(GROUPS);
  }, 60_000);

  test("counts what it removes from the beginning of the round, so that many small runs remove no more than one", async () => {
    const company = await given();
    for (const members of company.directory.members.values()) members.clear();
    let [removed, refused] = [0, 0];
    for (let complete = false; !complete; ) {
      const run = await company.compare(timeFor(6));
      ({ complete } = run);
      removed += run.removed;
      refused += run.refused;
      await company.settle();
    }
    expect(removed).toBeLessThanOrEqual(12);
    expect(removed + refused).toBe(GROUPS);
  }, 60_000);
});
