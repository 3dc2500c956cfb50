import { describe, expect, test } from "@jest/globals";
import type { Grant } from "../../shared/domain/access.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { grantBinding } from "../../shared/manifests/index.ts";
import { aCause, aDesired, aDirectoryGroup, aDirectoryUser, aTenant } from "../support/builders.ts";
import { LARGE_ITEM_BYTES } from "../support/table-limits.ts";
import { breaches } from "./support/invariants/index.ts";
import { acts, type Before, deploys, doneAll } from "./support/operations.ts";
import { World } from "./support/world.ts";

const tenantOf = ({ table }: World): Tenant => table.tenants.get("acme") as Tenant;
const grantOf = ({ table }: World): Grant => [...table.grants.values()][0] as Grant;
/** The binding of the world's only grant, in its cluster by another's hand. */
const bind = (world: World): void => void world.cluster.put(grantBinding(tenantOf(world), grantOf(world), ""));

interface Breach {
  what: string;
  after: Before[];
  breaks: (world: World) => void;
  says: string;
}

const { onboard, grant, revoke, suspend, tearDown, join, deactivate, grantMapped } = acts;
const broken: Breach[] = [
  {
    what: "a suspended tenant's person is bound",
    after: [onboard, grant, suspend],
    breaks: bind,
    says: "acme is Suspended, and RoleBinding/user-anna@example.com-tenant-viewer is there",
  },
  {
    what: "a revoked person is bound",
    after: [onboard, grant, revoke],
    breaks: bind,
    says: "acme reports a revoke as applied, and RoleBinding/user-anna@example.com-tenant-viewer is there",
  },
  {
    what: "an object of a decommissioned tenant is in its cluster",
    after: [onboard, tearDown],
    breaks: ({ cluster }) => {
      const labels = { "app.kubernetes.io/managed-by": "tenantry" };
      cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme", labels } });
    },
    says: "Namespace/tenant-acme is there, and its tenant is Deleted",
  },
  {
    what: "a grant of a decommissioned tenant is in the table",
    after: [onboard, grant, tearDown],
    breaks: ({ table }) =>
      void table.grants.set("acme#x", {
        tenantId: "acme",
        userId: "anna",
        role: "tenant-viewer",
        sources: {},
        granted: false,
        version: 1,
        createdAt: "",
        updatedAt: "",
      }),
    says: "acme is Deleted, and a grant of anna is in the table",
  },
  {
    what: "a decommissioned tenant holds a slot among the namespaces that go",
    after: [onboard, tearDown],
    breaks: ({ slots }) => void slots.held.set("local/deletions/0", { owner: "acme", until: "2031-01-01T00:00:00.000Z" }),
    says: "acme is Deleted, and holds the slot local/deletions/0",
  },
  {
    what: "an access entry outlives its grant",
    after: [onboard, grantMapped],
    breaks: ({ table }) => table.grants.clear(),
    says: "the access entry local arn:aws:iam::111122223333:user/anna is of no grant",
  },
  {
    what: "an object is not as the record asks",
    after: [onboard],
    breaks: ({ table }) => Object.assign(table.tenants.get("acme")?.desired as object, { tier: "premium" }),
    says: "ResourceQuota/tenant-quota is not as generation 1 wants it",
  },
  {
    what: "a namespace of ours is no tenant's",
    after: [onboard],
    breaks: ({ table }) => table.tenants.clear(),
    says: "Namespace/tenant-acme is there, and no tenant is in tenant-acme",
  },
  {
    what: "a workload of a suspended tenant is awake",
    after: [onboard, suspend],
    breaks: (world) => deploys(world),
    says: "Deployment/web is awake",
  },
  {
    what: "an object was changed, and stands at the version that the record remembers",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world).status.applied, { "LimitRange/tenant-limits": "another" }),
    says: "LimitRange/tenant-limits in tenant-acme is not what was applied, at the version of it",
  },
  {
    what: "an event is missing in the sequence",
    after: [onboard],
    breaks: ({ table }) => void table.history.splice(0, 1),
    says: "acme has events 2 and sequence 2",
  },
  {
    what: "two events have one id",
    after: [onboard],
    breaks: ({ table: { history } }) => Object.assign(history[1] as object, { eventId: history[0]?.eventId }),
    says: " is the id of two events",
  },
  {
    what: "an event is said twice of one command",
    after: [onboard],
    breaks: ({ table: { history } }) => Object.assign(history[1] as object, { type: "TenantOnboarded" }),
    says: "TenantOnboarded of acme for evt-1 was said 2 times",
  },
  {
    what: "an event is not published",
    after: [onboard],
    breaks: ({ bus }) => void bus.splice(0, 1),
    says: "event 1 TenantOnboarded was never published",
  },
  {
    what: "an event is published in two ways",
    after: [onboard],
    breaks: ({ bus }) => void bus.push({ ...(bus[0] as (typeof bus)[number]), type: "Other" }),
    says: "event 1 TenantOnboarded was published in two ways",
  },
  {
    what: "an event is published that no record speaks of",
    after: [onboard],
    breaks: ({ bus }) => void bus.push({ ...(bus[0] as (typeof bus)[number]), eventId: "other" }),
    says: "the bus has an event that no record speaks of",
  },
  {
    what: "a tenant with a generation to bring about is not due",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world), { generation: 2 }),
    says: "acme is at generation 2, and 1 is done, and is not due",
  },
  {
    what: "a tenant that failed is not due",
    after: [onboard],
    breaks: (world) =>
      Object.assign(tenantOf(world).status, { failure: { reason: "Timeout", message: "", count: 1, since: world.now(), blocked: false } }),
    says: "acme has failed (Timeout), and is not due",
  },
  {
    what: "a tenant whose lease was not given back is not due",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world), { lease: { owner: "gone", until: world.now() } }),
    says: "acme has a lease of gone, and is not due",
  },
  {
    what: "a tenant with an event to say is not due",
    after: [onboard],
    breaks: (world) => tenantOf(world).announcements.push({ type: "TenantReady", generation: 1, cause: aCause() }),
    says: "acme has not said TenantReady, and is not due",
  },
  {
    what: "a tenant with grants that wait for the cluster is not due",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world), { pendingGrants: ["anna\ntenant-viewer"] }),
    says: "acme has pending grants (1), and is not due",
  },
  {
    what: "a tenant in a pass over its grants is not due",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world).status, { grants: { pass: "shape" } }),
    says: "acme is in a pass over its grants, and is not due",
  },
  {
    what: "a tenant that expires is not due",
    after: [onboard],
    breaks: (world) => Object.assign(tenantOf(world).desired, { expiresAt: "2031-01-01T00:00:00.000Z" }),
    says: "acme expires at 2031-01-01T00:00:00.000Z, and is not due",
  },
  {
    what: "a grant that ends is not due",
    after: [onboard, grant],
    breaks: (world) => Object.assign(grantOf(world).sources["direct"] as object, { expiresAt: "2031-01-01T00:00:00.000Z" }),
    says: "the grant anna@example.com tenant-viewer in acme ends, and is not due",
  },
  {
    what: "an identity mapping with work to be done is not due",
    after: [onboard, grantMapped],
    breaks: (world) => Object.assign(grantOf(world).mapping as object, { state: "Removing" }),
    says: "has a mapping (Removing), and is not due",
  },
  {
    what: "a group whose members changed is not due",
    after: [onboard, join],
    breaks: ({ directory }) => Object.assign(directory.members.get("okta#g1")?.get("u1") as object, { synced: undefined }),
    says: "the group g1 has 1 memberships to follow, and is not due",
  },
  {
    what: "a deactivated user whose access stands is not due",
    after: [onboard, join, deactivate],
    breaks: ({ directory }) => Object.assign(directory.users.get("okta#u1") as object, { removal: undefined }),
    says: "the user u1 is deactivated, the removal of their access is not finished, and they are not due",
  },
  {
    what: "a tenant is on a cluster that was removed",
    after: [onboard],
    breaks: ({ registry }) => registry.clusters.clear(),
    says: "acme is on the cluster local, which is not registered",
  },
  {
    what: "a message is left in the queue",
    after: [onboard],
    breaks: (world) => void world.queue.push({ message: { tenantId: "acme", dueAt: world.now() }, from: world.nowMs }),
    says: "the queue is not empty",
  },
  {
    what: "work of the directory is left",
    after: [onboard, join],
    breaks: ({ directory }) => Object.assign(directory.groups.get("okta#g1") as object, { dueAt: "2031-01-01T00:00:00.000Z" }),
    says: "IDP#okta GROUP#g1 is due at 2031-01-01T00:00:00.000Z",
  },
];

describe("The invariants find", () => {
  test.each(broken)("$what", async ({ after, breaks, says }) => {
    const world = new World();
    await doneAll(world, after);
    expect(breaches(world)).toEqual([]);
    breaks(world);
    expect(breaches(world)).toContainEqual(expect.stringContaining(says));
  });

  test("an item that comes near to what DynamoDB takes", async () => {
    const world = new World();
    const large = { desired: aDesired({ name: "a".repeat(LARGE_ITEM_BYTES) }) };
    await world.table.write({ before: undefined, after: aTenant(large), lease: "ignore" });
    expect(breaches(world)).toContainEqual(expect.stringMatching(/^the item TENANT#acme TENANT has \d{6} bytes, more than 300000$/));
  });

  test("a loop without a pause, which they end", async () => {
    const world = new World();
    await doneAll(world, [onboard]);
    const { store } = world.ports();
    const before = tenantOf(world);
    const loop = async (): Promise<never> => {
      for (;;) await store.write({ before, after: before, lease: "ignore" });
    };
    await expect(loop()).rejects.toThrow("A loop without a pause");
    expect(breaches(world)).toEqual(["store.write acme was called more than 150 times at one moment"]);
  });

  test("a message that brings itself again without a pause", async () => {
    const world = new World();
    world.invocations = () => {
      world.queue = [{ message: { tenantId: "acme", dueAt: world.now() }, from: world.nowMs }];
      return [];
    };
    await world.tick();
    expect(breaches(world)).toContainEqual(expect.stringContaining("messages come again without a pause"));
  });

  test("what held no more for a while, though it holds in the end", async () => {
    const world = new World();
    await doneAll(world, [onboard]);
    const { dueAt, ...tenant } = tenantOf(world);
    world.table.tenants.set("acme", { ...tenant, generation: 2 });
    world.look();
    world.table.tenants.set("acme", { ...tenant, dueAt });
    expect(breaches(world)).toEqual([expect.stringMatching(/^at 2030-.*: acme is at generation 2, and 1 is done, and is not due$/)]);
  });

  test("nothing in a directory where no work is left", () => {
    const world = new World();
    world.directory.users.set("entra#u1", aDirectoryUser());
    world.directory.groups.set("entra#g1", aDirectoryGroup());
    expect(breaches(world)).toEqual([]);
  });
});
