import { describe, expect, test } from "@jest/globals";
import { clusterBody } from "../../../events/bodies/cluster.ts";
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

describe("How people reach a cluster", () => {
  const roleArn = "arn:aws:iam::111122223333:role/cluster";
  const oidc = { mode: "oidc", issuerUrl: "https://login.example/", clientId: "kubernetes" };
  const parsed = (access: unknown) => clusterBody.safeParse({ roleArn, access });

  test("is unknown until it is registered, and stays when the cluster is registered again without it", async () => {
    const { ports, registry } = aRegistry();
    expect((await registerCluster("two", body, ports)).cluster).not.toHaveProperty("access");
    const access = { mode: "iam" as const, usernamePrefix: "sso:" };
    await registerCluster("two", { ...body, access }, ports);
    await registerCluster("two", body, ports);
    await setCluster("two", { state: "Cordoned" }, ports);
    expect(registry.clusters.get("two")).toMatchObject({ access, state: "Cordoned" });
  });

  test("has no prefix of names unless one is given", () => {
    expect(parsed(oidc).data?.access).toEqual({ ...oidc, usernamePrefix: "" });
    expect(parsed({ mode: "iam" }).data?.access).toEqual({ mode: "iam", usernamePrefix: "" });
  });

  test("keeps the issuer's URL letter by letter, with its slash at the end or without", () => {
    for (const issuerUrl of ["https://login.example/", "https://login.example", "https://login.example/realms/a"])
      expect(parsed({ ...oidc, issuerUrl }).data?.access).toMatchObject({ issuerUrl });
  });

  test.each([
    ["a prefix of the cluster's own users", { ...oidc, usernamePrefix: "system:" }],
    ["a prefix that begins as theirs does", { mode: "iam", usernamePrefix: "system:node:" }],
    ["an issuer without TLS", { ...oidc, issuerUrl: "http://login.example" }],
    ["an issuer with a query", { ...oidc, issuerUrl: "https://login.example/?a=b" }],
    ["a client id with a space", { ...oidc, clientId: "a b" }],
    ["a scope that is two for kubelogin", { ...oidc, extraScopes: ["email,groups"] }],
    ["a mode that nobody knows", { mode: "certificate" }],
    ["settings of the other mode", { mode: "iam", clientId: "kubernetes" }],
  ])("is refused with %s", (_what, access) => {
    expect(parsed(access).success).toBe(false);
  });
});
