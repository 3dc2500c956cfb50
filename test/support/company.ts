import { onboardTenant } from "../../shared/usecases/onboard-tenant.ts";
import { type Budget, compareGrants } from "../../shared/usecases/identity/compare-grants.ts";
import { World } from "../fault/support/world.ts";
import { MemoryGrantsRounds } from "./memory-grants-rounds.ts";
import { aCause, aDirectoryGroup, aDirectoryUser } from "./builders.ts";

/** The platform on parts in memory, with what a provider says of its people. */
export function aCompany() {
  const world = new World({ slots: 10 });
  const ports = world.ports();
  const provider = "okta";
  const { directory } = world;
  const due = async (pk: string, sk: string) => ports.accessQueue.send([{ pk, sk, dueAt: world.now() }]);
  let groups = 0;
  const said = {
    group: async (id: string, displayName: string, over: { deleted?: boolean } = {}) => {
      const before = await directory.getGroup(provider, id);
      const after = {
        ...(before ?? aDirectoryGroup({ provider, id, version: ++groups })),
        ...over,
        displayName,
        at: world.now(),
        dueAt: world.now(),
      };
      await directory.writeGroup(before, { ...after, version: (before?.version ?? 0) + 1 });
      await due(`IDP#${provider}`, `GROUP#${id}`);
    },
    user: async (id: string, over: Partial<{ active: boolean; userName: string }> = {}) => {
      const before = await directory.getUser(provider, id);
      const base = before ?? aDirectoryUser({ provider, id, userName: `${id}@example.com`, active: true });
      await directory.writeUser(before, { ...base, ...over, at: world.now(), dueAt: world.now(), version: (before?.version ?? 0) + 1 });
      await due(`IDP#${provider}`, `USER#${id}`);
    },
    member: async (groupId: string, userId: string, member: boolean, at = world.now()) => {
      await directory.putMembership({ provider, groupId, userId, member, at });
      await directory.touchGroup(provider, groupId, world.now());
      await due(`IDP#${provider}`, `GROUP#${groupId}`);
    },
  };
  const onboard = async (tenantId: string) =>
    onboardTenant(
      { tenantId, cause: aCause(), occurredAt: world.now(), eager: world.run(ports) },
      { name: tenantId, tier: "basic" },
      ports,
    );
  const access = () =>
    world.cluster
      .objects()
      .filter(({ kind, metadata }) => kind === "RoleBinding" && metadata?.name?.startsWith("user-"))
      .map(({ metadata }) => `${metadata?.namespace?.slice("tenant-".length)} ${metadata?.name?.slice("user-".length)}`)
      .sort();
  const settle = async () => {
    world.pass(1_000);
    await world.settle();
  };
  const rounds = new MemoryGrantsRounds();
  /** A run of the comparison of grants, with all the time that it needs unless told otherwise. */
  const compare = (budget: Budget = { look: () => true, repair: () => true }, over: Partial<typeof ports> = {}, of = provider) =>
    compareGrants(of, budget, { ...ports, ...over, rounds });
  return { world, ports, said, onboard, access, settle, directory, provider, rounds, compare };
}
