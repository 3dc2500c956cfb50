import { describe, expect, test } from "@jest/globals";
import { grantId } from "../../../shared/domain/access.ts";
import { MappingError } from "../../../shared/ports.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { World } from "../../fault/support/world.ts";
import { syncGroup } from "../../../shared/usecases/identity/sync-group.ts";
import { aCause, aCluster, aDirectoryGroup, aDirectoryUser, platform } from "../../support/builders.ts";

const arn = (name: string): string => `arn:aws:iam::111122223333:user/${name}`;
const ANNA = "anna@example.com";

/** Tenants on a cluster that people reach by IAM, with the prefix `sso:`. */
async function aCompany(tenants = ["acme", "umbra"]) {
  const world = new World({ slots: 10 });
  world.registry.clusters.set("local", aCluster({ access: { mode: "iam", usernamePrefix: "sso:" } }));
  const ports = world.ports();
  const command = (tenantId: string) => ({ tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) });
  for (const tenantId of tenants) await onboardTenant(command(tenantId), { name: tenantId, tier: "basic" }, ports);
  world.pass(1_000);
  const key = (userId: string) => ({ userId, role: "tenant-viewer" });
  return {
    world,
    ports,
    grant: async (tenantId: string, userId: string, principalArn?: string, expiresAt?: string) => {
      await grantAccess(command(tenantId), { ...key(userId), principalArn }, expiresAt, ports);
      world.pass(1_000);
    },
    revoke: async (tenantId: string, userId: string) => {
      await revokeAccess(command(tenantId), key(userId), ports);
      world.pass(1_000);
    },
    tearDown: async (tenantId: string) => tearDownTenant(command(tenantId), ports),
    settle: async (minutes = 10) => world.settle({ minutes }),
    mapping: (tenantId: string, userId: string) => world.table.grants.get(`${tenantId}#${grantId(key(userId))}`)?.mapping,
    entries: () => world.mappings.in("local"),
  };
}

describe("A grant with an AWS identity", () => {
  test("makes the access entry with the person's name in the cluster, and is Mapped once that was seen to stand", async () => {
    const { world, grant, settle, entries, mapping } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    expect(entries()).toEqual({});
    await world.tick();
    expect([entries(), mapping("acme", ANNA)?.state]).toEqual([{ [arn("anna")]: `sso:${ANNA}` }, "Pending"]);
    await settle();
    expect(mapping("acme", ANNA)).toMatchObject({ state: "Mapped", cluster: "local", principalArn: arn("anna") });
    expect(world.mappings.calls).toHaveLength(1);
    expect(world.table.grants.get(`acme#${grantId({ userId: ANNA, role: "tenant-viewer" })}`)?.dueAt).toBeUndefined();
  });

  test("is one entry however many tenants it is in, which goes with the last of them", async () => {
    const { grant, revoke, settle, entries, mapping } = await aCompany();
    for (const tenantId of ["acme", "umbra"]) await grant(tenantId, ANNA, arn("anna"));
    await settle();
    await revoke("acme", ANNA);
    await settle();
    expect([entries(), mapping("acme", ANNA), mapping("umbra", ANNA)?.state]).toEqual([
      { [arn("anna")]: `sso:${ANNA}` },
      undefined,
      "Mapped",
    ]);
    await revoke("umbra", ANNA);
    await settle();
    expect([entries(), mapping("umbra", ANNA)]).toEqual([{}, undefined]);
  });

  test("that names another identity, or none any more, takes the former entry away", async () => {
    const { grant, settle, entries, mapping } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await settle();
    await grant("acme", ANNA, arn("anna.smith"));
    await settle();
    expect(entries()).toEqual({ [arn("anna.smith")]: `sso:${ANNA}` });
    await grant("acme", ANNA);
    await settle();
    expect([entries(), mapping("acme", ANNA)]).toEqual([{}, undefined]);
  });

  test("that ends at its time takes its entry along", async () => {
    const { world, grant, settle, entries } = await aCompany();
    await grant("acme", ANNA, arn("anna"), "2030-01-01T01:00:00.000Z");
    await settle();
    expect(Object.keys(entries())).toEqual([arn("anna")]);
    world.pass(3_600_000);
    await world.tick();
    await settle();
    expect(entries()).toEqual({});
  });

  test("on a cluster that people do not reach by IAM makes no entry, and is no work", async () => {
    const { world, grant, entries, mapping } = await aCompany();
    const access = { mode: "oidc", issuerUrl: "https://id.example.com", clientId: "kubernetes", usernamePrefix: "" } as const;
    world.registry.clusters.set("local", aCluster({ access }));
    await grant("acme", ANNA, arn("anna"));
    await world.tick();
    expect([entries(), mapping("acme", ANNA)]).toEqual([{}, undefined]);
    expect([...world.table.grants.values()].map(({ dueAt }) => dueAt)).toEqual([undefined]);
  });

  test("taken back while the entry is being made leaves none", async () => {
    const { world, grant, revoke, settle, entries } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await world.tick();
    await revoke("acme", ANNA);
    await settle();
    expect(entries()).toEqual({});
  });

  test("whose entry a late deletion took away in between makes it again", async () => {
    const { world, grant, settle, entries, mapping } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await world.tick();
    world.mappings.entries.clear();
    await settle();
    expect([entries(), mapping("acme", ANNA)?.state]).toEqual([{ [arn("anna")]: `sso:${ANNA}` }, "Mapped"]);
  });

  test("that was not in the index yet when another of the person's was taken back has its entry all the same", async () => {
    const { world, grant, revoke, settle, entries } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await settle();
    await grant("umbra", ANNA, arn("anna"));
    await settle();
    const ofUser = world.table.ofUser.bind(world.table);
    await revoke("acme", ANNA);
    world.table.ofUser = async () => ({ keys: [] });
    await world.tick();
    expect(entries()).toEqual({});
    world.table.ofUser = ofUser;
    await settle();
    expect(entries()).toEqual({ [arn("anna")]: `sso:${ANNA}` });
  });
});

test("A group's members have the AWS identity that the provider's template makes of their user id, where IAM can hold it", async () => {
  const { world, settle, entries } = await aCompany();
  const { identity } = platform;
  const okta = { ...identity.providers["okta"], userId: "userName" as const, principalArn: arn("{userId}") };
  const ports = { ...world.ports(), platform: { ...platform, identity: { ...identity, providers: { ...identity.providers, okta } } } };
  const at = world.now();
  await world.directory.writeGroup(
    undefined,
    aDirectoryGroup({ provider: "okta", id: "g1", displayName: "tenant:acme:viewer", dueAt: at }),
  );
  for (const userName of [ANNA, "bob|ops"]) {
    await world.directory.writeUser(undefined, aDirectoryUser({ provider: "okta", id: userName, userName, active: true }));
    await world.directory.putMembership({ provider: "okta", groupId: "g1", userId: userName, member: true, at });
  }
  await syncGroup("okta", "g1", () => true, ports);
  await settle();
  expect(entries()).toEqual({ [arn(ANNA)]: `sso:${ANNA}` });
  expect(world.table.grants.size).toBe(2);
});

describe("What is refused, in words that the grant shows", () => {
  test("an entry that somebody else made is not touched, neither on the grant nor on its end", async () => {
    const { world, grant, revoke, settle, entries, mapping } = await aCompany();
    world.mappings.entries.set(`local ${arn("anna")}`, { username: "admin", ours: false });
    await grant("acme", ANNA, arn("anna"));
    await settle();
    expect(mapping("acme", ANNA)).toMatchObject({ state: "Refused", message: expect.stringMatching(/not of this installation \(admin\)/) });
    await revoke("acme", ANNA);
    await settle();
    expect([entries(), mapping("acme", ANNA), world.mappings.calls]).toEqual([{ [arn("anna")]: "admin" }, undefined, []]);
  });

  test("one AWS identity for two people is the first one's, and the other's once the first has left", async () => {
    const { world, grant, revoke, settle, entries, mapping } = await aCompany();
    await grant("acme", ANNA, arn("shared"));
    await settle();
    await grant("umbra", "bob@example.com", arn("shared"));
    await settle();
    expect(entries()).toEqual({ [arn("shared")]: `sso:${ANNA}` });
    expect(mapping("umbra", "bob@example.com")).toMatchObject({ state: "Refused", message: expect.stringContaining(`is ${ANNA} in`) });
    await revoke("acme", ANNA);
    await settle();
    world.pass(3_600_000);
    for (let minute = 0; minute < 5; minute++, world.pass(60_000)) await world.tick();
    expect([entries(), mapping("umbra", "bob@example.com")?.state]).toEqual([{ [arn("shared")]: "sso:bob@example.com" }, "Mapped"]);
  });

  test("two AWS identities for one person: the later one, also where both came at once", async () => {
    const { grant, settle, entries, mapping } = await aCompany();
    await grant("acme", ANNA, arn("anna-1"));
    await grant("umbra", ANNA, arn("anna-2"));
    await settle();
    expect(Object.keys(entries())).toHaveLength(1);
    const states = ["acme", "umbra"].map((tenantId) => mapping(tenantId, ANNA)?.state).sort();
    expect(states).toEqual(["Mapped", "Refused"]);
  });

  test("a name that EKS would take for a variable: its session would choose who it is", async () => {
    const { grant, settle, entries, mapping } = await aCompany();
    await grant("acme", "{{SessionName}}", arn("role"));
    await settle();
    expect([entries(), mapping("acme", "{{SessionName}}")]).toMatchObject([{}, { state: "Refused" }]);
  });

  test("what EKS says no to waits for a person, and what it cannot do now is tried again", async () => {
    const { world, grant, settle, entries, mapping } = await aCompany();
    world.mappings.trouble = new MappingError("EKS: throttled.", { retryable: true });
    await grant("acme", ANNA, arn("anna"));
    await settle(2);
    expect(mapping("acme", ANNA)).toMatchObject({ state: "Pending", message: "EKS: throttled." });
    world.mappings.trouble = new MappingError("EKS: eks:CreateAccessEntry is denied.", { retryable: false });
    await settle(5);
    expect(mapping("acme", ANNA)).toMatchObject({ state: "Refused", message: expect.stringContaining("denied") });
    world.mappings.trouble = undefined;
    // Asked for again, it is tried at once.
    await grant("acme", ANNA, arn("anna"));
    await world.tick();
    await settle();
    expect([entries(), mapping("acme", ANNA)?.message]).toEqual([{ [arn("anna")]: `sso:${ANNA}` }, undefined]);
  });
});

describe("A decommission", () => {
  const proofOf = (world: World) => world.table.tenants.get("acme")?.status.proof;

  test("waits until the entries that nobody else needs are gone, and counts what is left: none", async () => {
    const { world, grant, tearDown, settle, entries } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await grant("acme", "bob@example.com", arn("bob"));
    await grant("umbra", ANNA, arn("anna"));
    await settle();
    await tearDown("acme");
    await settle();
    expect(proofOf(world)).toMatchObject({ identityMappings: 0, namespaceUid: expect.any(String) });
    expect(entries()).toEqual({ [arn("anna")]: `sso:${ANNA}` });
    expect([...world.table.grants.keys()].filter((key) => key.startsWith("acme#"))).toEqual([]);
  });

  test("says what it waits for, and why, while EKS does not delete them", async () => {
    const { world, grant, tearDown, settle, entries } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await settle();
    world.mappings.trouble = new MappingError("eks:DeleteAccessEntry is denied.", { retryable: false });
    await tearDown("acme");
    await settle();
    const ready = world.table.tenants.get("acme")?.status.conditions.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ reason: "IdentityMappingsRemain", message: expect.stringContaining("eks:DeleteAccessEntry is denied") });
    expect(proofOf(world)).toBeUndefined();
    world.mappings.trouble = undefined;
    world.pass(3_600_000);
    await settle();
    expect([entries(), proofOf(world)]).toMatchObject([{}, { identityMappings: 0 }]);
  });

  test("of a tenant whose cluster is forgotten says how many are left there", async () => {
    const { world, ports, grant, settle } = await aCompany();
    await grant("acme", ANNA, arn("anna"));
    await settle();
    world.registry.clusters.delete("local");
    const command = { tenantId: "acme", cause: aCause(), occurredAt: world.now(), eager: world.run(ports) };
    await tearDownTenant(command, ports, { forgetCluster: true });
    await settle();
    expect(proofOf(world)).toMatchObject({ identityMappings: 1, namespaceAbsentAt: null });
    expect(world.table.grants.size).toBe(0);
  });
});
