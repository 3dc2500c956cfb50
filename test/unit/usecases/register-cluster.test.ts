import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { clusterBody } from "../../../events/bodies/cluster.ts";
import type { TenantryError } from "../../../shared/domain/errors.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { ANNOTATION_BOOTSTRAP } from "../../../shared/manifests/bootstrap.ts";
import { provisionerRights } from "../../../shared/manifests/bootstrap/provisioner.ts";
import { type Dedupe, WriteConflict } from "../../../shared/ports.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import type { CommandKey } from "../../../shared/usecases/once.ts";
import { changeCluster } from "../../../shared/usecases/change-cluster.ts";
import { type RegistrationPorts, registerCluster } from "../../../shared/usecases/register-cluster.ts";
import { type RemovalPorts, removeCluster } from "../../../shared/usecases/remove-cluster.ts";
import { aCluster, aTenant, platform } from "../../support/builders.ts";
import { anEngine } from "../../support/engine.ts";
import { aBootstrappedCluster, type MemoryCluster } from "../../support/memory-cluster.ts";
import { MemoryDriftChecks } from "../../support/memory-drift-checks.ts";
import { MemoryRegistry } from "../../support/memory-table.ts";

const never = new AbortController().signal;
const key = (hash: string): CommandKey => ({ id: "ops#key-1", hash });
const body = { roleArn: "arn:aws:iam::000000000000:role/cluster", endpoint: "https://one.example", certificateAuthority: "" };

function aRegistry(): { ports: RegistrationPorts & RemovalPorts; cluster: MemoryCluster; registry: MemoryRegistry } {
  const registry = new MemoryRegistry([aCluster({ name: "one" })]);
  const cluster = aBootstrappedCluster(platform);
  const ports: RegistrationPorts & RemovalPorts = {
    registry,
    dedupes: { findDedupe: async (id) => registry.dedupes.get(id) as Dedupe | undefined },
    dedupeDays: 30,
    platform,
    clusters: { connect: () => cluster },
    directory: { list: async () => ({ items: [] }) },
    sleep: async () => {},
    checks: new MemoryDriftChecks(),
    describe: async () => ({ endpoint: "https://eks.example", certificateAuthority: "" }),
    endpointHosts: ["one.example"],
    defaultRegion: "eu-central-1",
    clock: { now: () => new Date("2030-01-01T00:00:00Z") },
  };
  return { ports, registry, cluster };
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
    await changeCluster("two", { state: "Cordoned" }, ports);
    registry.set({ ...aCluster(), ...registry.clusters.get("two"), capacity: 7 });
    const again = await registerCluster("two", { ...body, capacity: 5 }, ports, key("a"));
    expect(again).toMatchObject({ created: false, cluster: { capacity: 7, state: "Cordoned" } });
  });

  test("is refused where the key came with something else", async () => {
    const { ports, registry } = aRegistry();
    await changeCluster("one", { state: "Cordoned" }, ports, key("a"));
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
    expect(await codeOf(changeCluster("two", { state: "Cordoned" }, ports, key("a")))).toBe("ClusterNotFound");
    await registerCluster("two", body, ports);
    expect((await changeCluster("two", { state: "Cordoned" }, ports, key("a"))).state).toBe("Cordoned");
  });

  test("by two at once is made by one, and both are answered alike", async () => {
    const { ports } = aRegistry();
    const both = await Promise.all([registerCluster("two", body, ports, key("a")), registerCluster("two", body, ports, key("a"))]);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
  });
});

describe("While a cluster is asked whether it answers", () => {
  /** Registers `one` again, and lets `meanwhile` happen while the cluster is asked. */
  async function registerWhile(meanwhile: (parts: ReturnType<typeof aRegistry>) => Promise<unknown>, times = 1) {
    const parts = aRegistry();
    let left = times;
    parts.cluster.before = async ({ verb }) => {
      if (verb === "serves" && left-- > 0) await meanwhile(parts);
    };
    const end = await registerCluster("one", { ...body, capacity: 5 }, parts.ports).catch((error: TenantryError) => error.code);
    return { ...parts, end };
  }

  test("a pause and a cordon that come meanwhile stay", async () => {
    const { registry, end } = await registerWhile(async ({ ports }) => {
      await changeCluster("one", { paused: true }, ports);
      await changeCluster("one", { state: "Cordoned" }, ports);
    });
    expect(end).toMatchObject({ created: false, cluster: { paused: true, state: "Cordoned", capacity: 5 } });
    expect(registry.clusters.get("one")).toMatchObject({ paused: true, state: "Cordoned", capacity: 5, version: 4 });
  });

  test("its removal stays: the registration is refused", async () => {
    const { registry, end } = await registerWhile(({ ports }) => removeCluster("one", ports));
    expect(end).toBe("ClusterRemoved");
    expect(registry.clusters.size).toBe(0);
  });

  test("a removal that comes between the last look and the write stays, too", async () => {
    const { ports, registry } = aRegistry();
    const write = registry.write;
    registry.write = async (before, after, dedupe) => {
      registry.write = write;
      await removeCluster("one", ports);
      return write(before, after, dedupe);
    };
    expect(await codeOf(registerCluster("one", body, ports))).toBe("ClusterRemoved");
    expect(registry.clusters.size).toBe(0);
  });

  test("another registration of a new cluster makes it once", async () => {
    const { ports, cluster } = aRegistry();
    let left = 1;
    cluster.before = async ({ verb }) => {
      if (verb === "serves" && left-- > 0) await registerCluster("two", { ...body, labels: { by: "other" } }, ports);
    };
    const mine = await registerCluster("two", body, ports);
    expect(mine).toMatchObject({ created: false, cluster: { labels: { by: "other" } } });
  });
});

describe("A cluster to which bootstrap.yaml of this version is not applied", () => {
  const asked = async (denied: MemoryCluster["denied"], before: (cluster: MemoryCluster) => Promise<unknown> = async () => {}) => {
    const { ports, registry, cluster } = aRegistry();
    cluster.denied = denied;
    await before(cluster);
    const end = await registerCluster("two", body, ports).catch((error: TenantryError) => error);
    return { end, registered: registry.clusters.has("two"), reviews: cluster.calls.filter(({ verb }) => verb === "allows").length };
  };

  test("is found by asking right by right, as bootstrap.yaml gives them, before it is registered", async () => {
    const { end, registered, reviews } = await asked(() => false);
    expect(end).toMatchObject({ created: true });
    expect({ registered, reviews }).toEqual({ registered: true, reviews: provisionerRights(platform).length });
  });

  test("is not registered where it denies a right, and the answer names it", async () => {
    const { end, registered } = await asked(({ verb, resource }) => verb === "escalate" || resource === "networkpolicies");
    expect(registered).toBe(false);
    expect(end).toMatchObject({ code: "ClusterNotBootstrapped" });
    const { message } = end as TenantryError;
    expect(message).toContain('it may not escalate roles.rbac.authorization.k8s.io "tenant-role"');
    expect(message).toContain("list networkpolicies.networking.k8s.io");
    expect(message).toContain("bootstrap.yaml");
  });

  test("is told in part where it denies nearly all, with how much that is", async () => {
    const all = provisionerRights(platform).length;
    const { end } = await asked(() => true);
    expect((end as TenantryError).message).toMatch(new RegExp(`(it may not .*; ){20}and ${all - 20} more\\.$`));
  });

  test("is not registered where a policy is missing that bounds those rights, or is another version's", async () => {
    const apiVersion = "admissionregistration.k8s.io/v1";
    const binding = { apiVersion, kind: "ValidatingAdmissionPolicyBinding", name: "tenantry-scope" };
    const policy = { apiVersion, kind: "ValidatingAdmissionPolicy", name: "tenantry-access" };
    const { end, registered } = await asked(
      () => false,
      async (cluster) => {
        await cluster.delete(binding, {}, never);
        const object = (await cluster.get(policy, never)) as KubernetesObject;
        cluster.put({ ...object, metadata: { ...object.metadata, annotations: { [ANNOTATION_BOOTSTRAP]: "0123456789abcdef" } } });
      },
    );
    expect(registered).toBe(false);
    expect((end as TenantryError).message).toMatch(
      /: ValidatingAdmissionPolicyBinding\/tenantry-scope is missing; ValidatingAdmissionPolicy\/tenantry-access is of another version\.$/,
    );
  });
});

describe("A change of a cluster that meets another", () => {
  test("is made again on what the other left, and never brings back what was removed", async () => {
    const { ports, registry } = aRegistry();
    const write = registry.write;
    const once = (meanwhile: () => Promise<unknown>) => {
      registry.write = async (before, after, dedupe) => {
        registry.write = write;
        await meanwhile();
        return write(before, after, dedupe);
      };
    };
    once(() => changeCluster("one", { paused: true }, ports));
    expect(await changeCluster("one", { state: "Cordoned" }, ports)).toMatchObject({ state: "Cordoned", paused: true });
    once(() => removeCluster("one", ports));
    expect(await codeOf(changeCluster("one", { state: "Active" }, ports))).toBe("ClusterNotFound");
    expect(registry.clusters.size).toBe(0);
  });

  test("ends in WriteContention where others always come first", async () => {
    const { ports, registry } = aRegistry();
    registry.write = async () => {
      throw new WriteConflict("moved");
    };
    expect(await codeOf(changeCluster("one", { paused: true }, ports))).toBe("WriteContention");
    expect(await codeOf(changeCluster("one", { paused: true }, ports, key("a")))).toBe("WriteContention");
  });
});

describe("A removal of a cluster", () => {
  test("that dies after the mark leaves a cluster that takes no tenants, and is finished by another", async () => {
    const { ports, registry } = aRegistry();
    const died = { ...ports, sleep: async () => Promise.reject(new Error("the function died")) };
    await expect(removeCluster("one", died)).rejects.toThrow("the function died");
    expect(registry.clusters.get("one")?.state).toBe("Removing");
    await removeCluster("one", ports);
    expect(registry.clusters.size).toBe(0);
  });

  test("that dies after the mark is taken back by a registration", async () => {
    const { ports, registry } = aRegistry();
    const died = { ...ports, sleep: async () => Promise.reject(new Error("the function died")) };
    await expect(removeCluster("one", died)).rejects.toThrow("the function died");
    expect(await registerCluster("one", body, ports)).toMatchObject({ created: false, cluster: { state: "Active" } });
    expect(registry.clusters.get("one")?.state).toBe("Active");
  });

  test("goes on where the cluster is registered again while it looks for tenants", async () => {
    const { ports, registry } = aRegistry();
    let left = 1;
    const between = { ...ports, sleep: async () => left-- > 0 && registerCluster("one", body, ports) };
    await removeCluster("one", between);
    expect(registry.clusters.size).toBe(0);
  });

  test("finds a tenant that the index shows only after a moment, and gives the cluster its state back", async () => {
    const { ports, registry } = aRegistry();
    const tenants: Tenant[] = [];
    const late = { ...ports, directory: { list: async () => ({ items: tenants }) }, sleep: async () => void tenants.push(aTenant()) };
    expect(await codeOf(removeCluster("one", late))).toBe("ClusterInUse");
    expect(registry.clusters.get("one")?.state).toBe("Active");
  });
});

describe("A placement that meets the removal of its cluster", () => {
  const removal = (engine: ReturnType<typeof anEngine>): RemovalPorts => ({
    registry: engine.registry,
    dedupes: engine.table,
    dedupeDays: 30,
    clock: engine.ports.clock,
    sleep: async () => {},
    checks: new MemoryDriftChecks(),
    directory: { list: async () => ({ items: [...engine.table.tenants.values()].filter(({ cluster }) => cluster === "one") }) },
  });
  const clusters = [aCluster({ name: "one" })];

  test("takes the tenant back before anything is applied, and places it elsewhere, where the cluster went first", async () => {
    const engine = anEngine({ clusters });
    const list = engine.registry.list;
    engine.registry.list = async () => {
      const seen = await list();
      engine.registry.list = list;
      await removeCluster("one", removal(engine));
      engine.registry.set(aCluster({ name: "two" }));
      return seen;
    };
    await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
    expect(await engine.tenant()).toMatchObject({ cluster: "two", status: { observedGeneration: 1 } });
  });

  test("heeds the mark of a removal that has not ended, whose index shows no tenant yet", async () => {
    const engine = anEngine({ clusters });
    const list = engine.registry.list;
    let end: () => void = () => {};
    let removed: Promise<void> | undefined;
    engine.registry.list = async () => {
      const seen = await list();
      engine.registry.list = list;
      engine.registry.set(aCluster({ name: "two" }));
      await new Promise<void>((marked) => {
        const sleep = () =>
          new Promise<void>((resolve) => {
            end = resolve;
            marked();
          });
        removed = removeCluster("one", { ...removal(engine), directory: { list: async () => ({ items: [] }) }, sleep });
      });
      return seen.filter(({ name }) => name === "one");
    };
    await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
    end();
    await removed;
    expect((await engine.tenant()).cluster).toBe("two");
    expect([...engine.registry.clusters.keys()]).toEqual(["two"]);
  });

  test("and intent that comes at the same time is taken back all the same", async () => {
    const engine = anEngine({ clusters });
    const { get, list } = engine.registry;
    engine.registry.list = async () => {
      const seen = await list();
      engine.registry.list = list;
      await removeCluster("one", removal(engine));
      engine.registry.get = async (name) => {
        engine.registry.get = get;
        await changeTenant({ ...engine.command(), eager: undefined }, { name: "Acme Ltd." }, engine.ports);
        return get(name);
      };
      return seen;
    };
    await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
    expect((await engine.tenant()).cluster).toBeUndefined();
    expect(engine.objects()).toEqual([]);
    engine.registry.set(aCluster({ name: "two" }));
    await engine.settle();
    expect(await engine.tenant()).toMatchObject({ cluster: "two", desired: { name: "Acme Ltd." } });
  });

  test("and dies before it looks again is made good by the next reconcile, which places the tenant anew", async () => {
    const engine = anEngine({ clusters });
    const { get, list } = engine.registry;
    engine.registry.list = async () => {
      const seen = await list();
      engine.registry.list = list;
      await removeCluster("one", removal(engine));
      engine.registry.get = async () => Promise.reject(new Error("the function died"));
      return seen;
    };
    await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports).catch(() => {});
    expect((await engine.tenant()).cluster).toBe("one");
    engine.registry.get = get;
    engine.registry.set(aCluster({ name: "two" }));
    await engine.settle();
    expect(await engine.tenant()).toMatchObject({ cluster: "two", status: { observedGeneration: 1 } });
  });

  test("keeps the cluster in the registry where the tenant went first", async () => {
    const engine = anEngine({ clusters });
    const write = engine.table.write.bind(engine.table);
    let code = "";
    engine.table.write = async (change) => {
      await write(change);
      if (change.before?.cluster === undefined && change.after.cluster === "one")
        code = await codeOf(removeCluster("one", removal(engine)));
    };
    await onboardTenant(engine.command(), { name: "Acme", tier: "basic" }, engine.ports);
    expect(code).toBe("ClusterInUse");
    expect((await engine.tenant()).cluster).toBe("one");
    expect(engine.registry.clusters.get("one")?.state).toBe("Active");
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
    await changeCluster("two", { state: "Cordoned" }, ports);
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
