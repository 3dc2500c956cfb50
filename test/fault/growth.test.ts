import type { KubernetesObject } from "@kubernetes/client-node";
import { describe, expect, jest, test } from "@jest/globals";
import { ClusterError } from "../../shared/ports.ts";
import type { Act } from "./support/operations.ts";
import { thorough } from "./support/runs.ts";
import type { Ports, World as AnyWorld } from "./support/world.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { platform } = await import("../support/builders.ts");
const { changeTenant } = await import("../../shared/usecases/change-tenant.ts");
const { grantAccess, revokeAccess } = await import("../../shared/usecases/grant-access.ts");
const { breaches } = await import("./support/invariants/index.ts");
const { acts, commandOf, doneAll } = await import("./support/operations.ts");
const { World } = await import("./support/world.ts");

/** More than the items of any list that a record could hold within 300 KB. */
const MANY = 1_500;
const role = platform.grantRoles[0] ?? "";
const names = (length: number): string[] =>
  Array.from({ length }, (_, number) => `${"long-".repeat(10)}${String(number).padStart(5, "0")}`);

/** Each does to one tenant what may be done any number of times. */
const growths: Record<string, (world: AnyWorld, does: (act: Act) => Promise<void>) => Promise<void>> = {
  "changes of the tier and its quota": async (_world, does) => {
    for (let number = 0; number < MANY; number++)
      await does((command, ports) =>
        changeTenant(command, { tier: number % 2 === 0 ? "premium" : "basic", quota: { pods: number % 7 } }, ports),
      );
  },
  "suspensions and activations": async (_world, does) => {
    for (let number = 0; number < MANY / 2; number++) {
      await does(acts.suspend);
      await does(acts.activate);
    }
  },
  "grants and revokes of many people": async (_world, does) => {
    for (const userId of names(MANY / 5)) {
      await does((command, ports) => grantAccess(command, { userId, role }, undefined, ports));
      await does((command, ports) => revokeAccess(command, { userId, role }, ports));
    }
  },
  "grants and revokes of one person": async (_world, does) => {
    for (let number = 0; number < MANY / 2; number++) {
      await does(acts.grant);
      await does(acts.revoke);
    }
  },
  "workloads that are to sleep": async ({ cluster }, does) => {
    for (const name of names(3 * MANY)) {
      const metadata = { name, namespace: "tenant-acme" };
      cluster.put({ apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 1 } } as KubernetesObject);
    }
    await does(acts.suspend);
  },
  "RoleBindings of others": async ({ cluster }, does) => {
    for (const name of names(MANY)) {
      const metadata = { name, namespace: "tenant-acme" };
      cluster.put({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata } as KubernetesObject);
    }
    await does(acts.checkDrift);
  },
};

const hindrances: Record<string, (call: string) => boolean> = {
  "while all goes well": () => false,
  "while its cluster is away": (call) => call.startsWith("cluster.apply") || call.startsWith("cluster.delete"),
};

/** What piles up, piles up while nothing reaches the cluster: the ordinary suite tries that. */
const tried = Object.entries(hindrances).slice(thorough ? 0 : -1);

describe.each(Object.entries(growths))("Any number of: %s", (_name, grow) => {
  test.each(tried)(
    "no item of the table passes 300 KB, and nothing is refused for good (%s)",
    async (_hindrance, fails) => {
      const world = new World({ slots: 3 });
      await doneAll(world, [acts.onboard, acts.grantBob]);
      let number = 10;
      let hindered = true;
      const ports = (): Ports =>
        world.ports((call, effect) =>
          hindered && fails(call) ? Promise.reject(new ClusterError(undefined, "Unreachable", "no answer ".repeat(50_000))) : effect(),
        );
      const unexpected = new Set<string>();
      const work = async (): Promise<void> => {
        for (const invocation of world.invocations()) await invocation.work(ports()).catch((error) => unexpected.add(String(error)));
      };
      await grow(world, async (act) => {
        number += 1;
        const now = ports();
        await act(commandOf(world, number, { eager: undefined })(now), now).catch((error: Error & { code?: string }) => {
          // Too much is under way: it comes again later.
          if (error.code !== "WriteContention") unexpected.add(String(error));
        });
        world.pass(1_000);
        if (number % 50 === 0) await work();
      });
      for (let minute = 0; minute < 5; minute++) {
        world.pass(60_000);
        await work();
      }
      hindered = false;
      await world.settle({ minutes: 120 });
      expect([...unexpected]).toEqual([]);
      expect(breaches(world).filter((breach) => !breach.includes("is not wanted"))).toEqual([]);
    },
    300_000,
  );
});
