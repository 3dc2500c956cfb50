import { describe, expect, test } from "@jest/globals";
import type { TenantryError } from "../../../shared/domain/errors.ts";
import type { Dedupe } from "../../../shared/ports.ts";
import type { CommandKey } from "../../../shared/usecases/once.ts";
import { type ClusterPorts, registerCluster, removeCluster, setCluster } from "../../../shared/usecases/register-cluster.ts";
import { aCluster } from "../../support/builders.ts";
import { MemoryCluster } from "../../support/memory-cluster.ts";
import { MemoryRegistry } from "../../support/memory-table.ts";

const key = (hash: string): CommandKey => ({ id: "ops#key-1", hash });
const body = { roleArn: "arn:aws:iam::000000000000:role/cluster", endpoint: "https://one.example", certificateAuthority: "" };

function aRegistry(): { ports: ClusterPorts; registry: MemoryRegistry } {
  const registry = new MemoryRegistry([aCluster({ name: "one" })]);
  const cluster = new MemoryCluster({ served: [] });
  const ports: ClusterPorts = {
    registry,
    dedupes: { findDedupe: async (id) => registry.dedupes.get(id) as Dedupe | undefined },
    dedupeDays: 30,
    clusters: { connect: () => cluster },
    directory: { list: async () => ({ items: [] }), events: async () => ({ items: [] }) },
    describe: async () => ({ endpoint: "https://eks.example", certificateAuthority: "" }),
    defaultRegion: "eu-central-1",
    clock: { now: () => new Date("2030-01-01T00:00:00Z") },
  };
  return { ports, registry };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "taken",
    (error: TenantryError) => error.code,
  );

describe("A change of the registry with an idempotency key", () => {
  test("is made once: a copy renders the cluster as it stands by then", async () => {
    const { ports, registry } = aRegistry();
    expect((await registerCluster("two", { ...body, capacity: 5 }, ports, key("a"))).created).toBe(true);
    await setCluster("two", { state: "Cordoned" }, ports);
    await registry.put({ ...aCluster(), ...registry.clusters.get("two"), capacity: 7 });
    const again = await registerCluster("two", { ...body, capacity: 5 }, ports, key("a"));
    expect(again).toMatchObject({ created: false, cluster: { capacity: 7, state: "Cordoned" } });
  });

  test("is refused where the key came with something else", async () => {
    const { ports, registry } = aRegistry();
    await setCluster("one", { state: "Cordoned" }, ports, key("a"));
    expect(await codeOf(registerCluster("one", body, ports, key("b")))).toBe("IdempotencyKeyReused");
    expect(await codeOf(removeCluster("one", ports, key("c")))).toBe("IdempotencyKeyReused");
    expect(registry.clusters.get("one")).toMatchObject({ state: "Cordoned", endpoint: aCluster().endpoint });
  });

  test("that removed the cluster succeeds again, though there is nothing left to remove", async () => {
    const { ports, registry } = aRegistry();
    await removeCluster("one", ports, key("a"));
    await removeCluster("one", ports, key("a"));
    expect(registry.clusters.size).toBe(0);
    expect(await codeOf(removeCluster("one", ports))).toBe("ClusterNotFound");
  });

  test("that failed may be tried again under the same key", async () => {
    const { ports } = aRegistry();
    expect(await codeOf(setCluster("two", { state: "Cordoned" }, ports, key("a")))).toBe("ClusterNotFound");
    await registerCluster("two", body, ports);
    expect((await setCluster("two", { state: "Cordoned" }, ports, key("a"))).state).toBe("Cordoned");
  });

  test("by two at once is made by one, and both are answered alike", async () => {
    const { ports } = aRegistry();
    const both = await Promise.all([registerCluster("two", body, ports, key("a")), registerCluster("two", body, ports, key("a"))]);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
  });
});
