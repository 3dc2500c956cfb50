import { describe, expect, test } from "@jest/globals";
import { phaseOf } from "../../../shared/domain/phase.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { standingGeneration } from "../../../shared/manifests/generation.ts";
import { ANNOTATION_GENERATION } from "../../../shared/manifests/index.ts";
import { revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { type Act, acts, commandOf, doneAll } from "../../fault/support/operations.ts";
import { aTenant } from "../../support/builders.ts";
import { World } from "../../fault/support/world.ts";

const signal = AbortSignal.timeout(60_000);
const namespaceOf = (world: World) => world.cluster.get({ apiVersion: "v1", kind: "Namespace", name: "tenant-acme" }, signal);

const revokeBob: Act = (command, ports) => revokeAccess(command, { userId: "bob@example.com", role: "tenant-viewer" }, ports);

/** A tenant that has seen some generations, in a cluster that denies lower ones. */
async function grown(...more: Act[]) {
  const world = new World({ slots: 3 });
  await doneAll(world, [acts.onboard, acts.grantBob]);
  const earlier = structuredClone([...world.table.tenants]);
  const grants = structuredClone([...world.table.grants]);
  let number = 50;
  const act = async (what: Act) => {
    const ports = world.ports();
    number += 1;
    await what(commandOf(world, number)(ports), ports);
    await world.settle();
    world.pass(1_000);
  };
  for (const what of [acts.toPremium, acts.raiseQuota, acts.grant, ...more]) await act(what);
  const tenant = (): Tenant => world.table.tenants.get("acme") ?? aTenant();
  /** As the table was after the onboarding and the first grant. Events are as they were then, too. */
  const restore = () => {
    world.table.tenants.clear();
    world.table.grants.clear();
    for (const [id, tenant] of earlier) world.table.tenants.set(id, tenant);
    for (const [id, grant] of grants) world.table.grants.set(id, grant);
    const { sequence = 0 } = world.table.tenants.get("acme") ?? {};
    world.table.events.splice(0, world.table.events.length, ...world.table.events.filter((event) => event.sequence <= sequence));
    world.pass(60_000);
  };
  return { world, tenant, act, restore };
}

describe("A tenant whose cluster has a newer generation than its record", () => {
  test("is brought to the record after the table was restored to an earlier time", async () => {
    const { tenant, act, restore } = await grown();
    restore();
    await act(acts.rename);
    await act(acts.suspend);
    expect(phaseOf(tenant())).toBe("Suspended");
    expect(tenant().status.failure).toBeUndefined();
  });

  test("has a revoke followed that comes after the table was restored", async () => {
    const { world, act, restore } = await grown(acts.suspend, acts.activate);
    restore();
    await act(revokeBob);
    expect(world.cluster.objects().filter(({ metadata }) => metadata?.name?.startsWith("user-bob"))).toEqual([]);
  });

  test("is decommissioned, as its namespace has the uid that the record knows", async () => {
    const { world, act, restore } = await grown();
    restore();
    await act(acts.tearDown);
    expect(world.table.tenants.get("acme")?.status.deletedAt).toBeDefined();
    expect(await namespaceOf(world)).toBeUndefined();
  });

  test("is brought up where an earlier tenant of its id left the namespace, and its tombstone is gone", async () => {
    const { world, tenant, act } = await grown();
    await act((command, ports) => tearDownTenant(command, ports, { forgetCluster: true }));
    expect(await namespaceOf(world)).toBeDefined();
    const before = Number((await namespaceOf(world))?.metadata?.annotations?.[ANNOTATION_GENERATION]);
    world.table.tenants.clear();
    world.table.events.length = 0;
    world.bus.length = 0;
    world.pass(420 * 86_400_000);
    await act(acts.onboard);
    expect(phaseOf(tenant())).toBe("Ready");
    expect(tenant().generation).toBeGreaterThanOrEqual(before);
    await act(acts.toPremium);
    expect(phaseOf(tenant())).toBe("Ready");
  });
});

test.each([
  ["generation 3 is lower than 17, with which the object was last applied", 17],
  [
    "ValidatingAdmissionPolicy 'tenantry-generation' with binding 'x' denied request: generation 3 is lower than 4, with which the namespace",
    4,
  ],
  ["the generation is lower than the object's", undefined],
  ["generation 3 is lower than 9999999999999999, with which the object was last applied", undefined],
  ["generation 3 is lower than 999999999999999, with which the object was last applied", undefined],
])("the standing generation in %p is %p", (message, standing) => {
  expect(standingGeneration(message)).toBe(standing);
});
