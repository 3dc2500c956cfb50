import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject, V1ResourceQuota, V1Role, V1RoleBinding } from "@kubernetes/client-node";
import fc from "fast-check";
import config from "../../../config/tenantry.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { blueprints, conditionOf, objectHash, objectKey, revision, tenantObjects } from "../../../shared/manifests/index.ts";
import { tenantRules } from "../../../shared/manifests/rights.ts";
import { aCluster, aPlatform, aTenant } from "./builders.ts";

const objectsOf = (tenant: Tenant, platform = config): KubernetesObject[] => tenantObjects(tenant, platform, aCluster(), "test");
const find = <T extends KubernetesObject>(objects: KubernetesObject[], kind: string): T => {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found as T;
};

const tenantId = fc.stringMatching(/^[a-z0-9]([a-z0-9]|-[a-z0-9]){0,15}$/);
const labels = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom("tenant-id", "pod-security.kubernetes.io/enforce", "app.kubernetes.io/managed-by", "__proto__")),
  fc.string(),
);
const tenants = fc
  .record({ tenantId, generation: fc.nat(), tier: fc.constantFrom(...Object.keys(config.tiers)), labels })
  .map(({ tier, labels: own, ...parts }) => aTenant({ ...parts, desired: { tier, labels: own } }));

/** Every text in a value, keys included. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...texts(part)]);
}

/** The same value with the keys of every object reversed. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  ) as T;
}

describe("every object of a tenant", () => {
  test("carries the three labels and the generation, whatever labels the tenant has", () => {
    fc.assert(
      fc.property(tenants, (tenant) => {
        for (const { metadata } of objectsOf(tenant)) {
          expect(metadata?.labels).toMatchObject({
            "tenant-id": tenant.tenantId,
            "created-by": "tenant-manager",
            "app.kubernetes.io/managed-by": "tenantry",
          });
          expect(metadata?.annotations?.["tenantry.dev/generation"]).toBe(String(tenant.generation));
        }
      }),
    );
  });

  test("is in the tenant's own namespace, and names no other tenant", () => {
    fc.assert(
      fc.property(tenants, tenantId, (tenant, other) => {
        fc.pre(other !== tenant.tenantId);
        const own = `tenant-${tenant.tenantId}`;
        const objects = objectsOf({ ...tenant, desired: { ...tenant.desired, labels: {} } });
        expect(objects[0]).toMatchObject({ kind: "Namespace", metadata: { name: own } });
        expect(objects[0]?.metadata?.namespace).toBeUndefined();
        for (const object of objects.slice(1)) expect(object.metadata?.namespace).toBe(own);
        const fixed = new Set([
          "tenant-id",
          "tenant-manager",
          "tenant-isolation",
          "tenant-role",
          "tenant-binding",
          "tenant-quota",
          "tenant-limits",
          "tenant-monitor",
        ]);
        expect(texts(objects).filter((text) => text.startsWith("tenant-") && text !== own && !fixed.has(text))).toEqual([]);
        expect(texts(objects)).not.toContain(`tenant-${other}`);
        const chosen = objects.flatMap(selectedTenants);
        expect(chosen.length).toBeGreaterThan(0);
        expect(chosen.every((id) => id === tenant.tenantId)).toBe(true);
      }),
    );
  });

  test("has its fixed name", () => {
    expect(objectsOf(aTenant()).map(objectKey)).toEqual([
      "Namespace/tenant-acme",
      "NetworkPolicy/tenant-isolation",
      "ServiceAccount/tenant-acme",
      "Role/tenant-role",
      "RoleBinding/tenant-binding",
      "ResourceQuota/tenant-quota",
      "LimitRange/tenant-limits",
      "ServiceMonitor/tenant-monitor",
    ]);
  });

  test("belongs to a condition", () => {
    const conditions = objectsOf(aTenant()).map(({ kind }) => conditionOf(kind ?? ""));
    expect(conditions).toEqual([
      "Isolated",
      "Isolated",
      "AccessApplied",
      "AccessApplied",
      "AccessApplied",
      "QuotaApplied",
      "QuotaApplied",
      "Monitored",
    ]);
    expect(() => conditionOf("Pod")).toThrow("Pod");
  });

  test("is the same when it is made twice, and goes over the wire as it is", () => {
    fc.assert(
      fc.property(tenants, (tenant) => {
        expect(objectsOf(tenant)).toEqual(objectsOf(structuredClone(tenant)));
        expect(texts(objectsOf({ ...tenant, desired: { ...tenant.desired, labels: {} } })).filter((text) => text.startsWith("_"))).toEqual(
          [],
        );
      }),
    );
  });
});

/** Tenants that an object's selectors choose. */
function selectedTenants(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === "matchLabels" && "tenant-id" in part ? [part["tenant-id"]] : selectedTenants(part),
  );
}

describe("the Namespace", () => {
  test("keeps a tenant's labels under a prefix of ours, and leaves out what Kubernetes could not hold", () => {
    const own = {
      team: "blue",
      "pod-security.kubernetes.io/enforce": "privileged",
      "tenant-id": "other",
      "bad value": "x",
      empty: "",
      long: "x".repeat(64),
    };
    expect(find(objectsOf(aTenant({ desired: { labels: own } })), "Namespace").metadata?.labels).toEqual({
      "label.tenantry.dev/team": "blue",
      "label.tenantry.dev/tenant-id": "other",
      "label.tenantry.dev/empty": "",
      "tenant-id": "acme",
      "created-by": "tenant-manager",
      "app.kubernetes.io/managed-by": "tenantry",
      "tenantry.dev/tier": "standard",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    });
  });

  test("cannot be made for a tier that the configuration does not have", () => {
    for (const tier of ["gold", "toString", "__proto__"])
      expect(() => objectsOf(aTenant({ desired: { tier } }))).toThrow("is not in the configuration");
  });
});

describe("a change of tier", () => {
  test("touches the Namespace's labels, the quota and the limits alone", () => {
    const hashes = (tier: string): Map<string, string> =>
      new Map(objectsOf(aTenant({ desired: { tier } })).map((object) => [objectKey(object), objectHash(object)]));
    const before = hashes("basic");
    const changed = [...hashes("premium")].filter(([key, hash]) => before.get(key) !== hash).map(([key]) => key);
    expect(changed).toEqual(["Namespace/tenant-acme", "ResourceQuota/tenant-quota", "LimitRange/tenant-limits"]);
  });
});

describe("the hash of an object", () => {
  test("stands under the order of its keys and another generation", () => {
    fc.assert(
      fc.property(tenants, fc.nat(), (tenant, generation) => {
        const hashes = objectsOf(tenant).map(objectHash);
        expect(hashes).toEqual(objectsOf(tenant).map(reversed).map(objectHash));
        expect(hashes).toEqual(objectsOf({ ...tenant, generation }).map(objectHash));
        for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  test("changes with the content", () => {
    const [namespace] = objectsOf(aTenant());
    const [other] = tenantObjects(aTenant(), config, aCluster(), "another installation");
    if (namespace === undefined || other === undefined) throw new Error("no namespace");
    expect(objectHash(namespace)).not.toBe(objectHash(other));
  });
});

describe("the revision", () => {
  test("changes with what shapes manifests, and with nothing else", () => {
    const base = revision(aPlatform());
    expect(revision(aPlatform())).toBe(base);
    expect(revision({ ...aPlatform(), retry: { ...config.retry, baseMs: 1 }, reservedTenantIds: ["x"] })).toBe(base);
    expect(revision(aPlatform({ privateRanges: [] }))).not.toBe(base);
    expect(revision({ ...aPlatform(), monitoring: { ...config.monitoring, interval: "30s" } })).not.toBe(base);
  });
});

describe("access", () => {
  test("of the tenant's Role never reaches what holds the tenant in, and is always listed", () => {
    const { rules } = find<V1Role>(objectsOf(aTenant()), "Role");
    const all = rules?.flatMap((rule) => [...(rule.apiGroups ?? []), ...(rule.resources ?? []), ...rule.verbs]) ?? [];
    for (const never of [
      "*",
      "rbac.authorization.k8s.io",
      "resourcequotas",
      "limitranges",
      "networkpolicies",
      "namespaces",
      "serviceaccounts",
      "serviceaccounts/token",
      "endpoints",
      "impersonate",
    ])
      expect(all).not.toContain(never);
    expect(all).toEqual(
      expect.arrayContaining([
        "pods",
        "pods/log",
        "services",
        "configmaps",
        "secrets",
        "deployments",
        "statefulsets",
        "jobs",
        "cronjobs",
        "ingresses",
      ]),
    );
  });

  test("is bound to the tenant's ServiceAccount, whose token no pod gets unasked", () => {
    const objects = objectsOf(aTenant());
    expect(find<V1RoleBinding>(objects, "RoleBinding").subjects).toEqual([
      { kind: "ServiceAccount", name: "tenant-acme", namespace: "tenant-acme" },
    ]);
    expect(find(objects, "ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });
  });
});

test("a blueprint names the object that it makes", () => {
  for (const suspended of [false, true]) {
    for (const { key, kind, name, make } of blueprints(aTenant({ desired: { suspended } }), config, aCluster(), "test")) {
      const object = make();
      expect({ key: objectKey(object), kind: object.kind, name: object.metadata?.name }).toEqual({ key, kind, name });
    }
  }
});

describe("the quota", () => {
  test("counts every kind that a tenant may create, and those that controllers create from them", () => {
    const quota = find<V1ResourceQuota>(objectsOf(aTenant()), "ResourceQuota");
    const creatable = tenantRules
      .filter(({ verbs }) => verbs.includes("create"))
      .flatMap(({ apiGroups = [], resources = [] }) =>
        // A subresource such as pods/exec is no object of its own.
        resources
          .filter((resource) => !resource.includes("/"))
          .map((resource) => (apiGroups[0] === "" ? resource : `count/${resource}.${apiGroups[0]}`)),
      );
    expect(creatable).toContain("count/deployments.apps");
    expect(Object.keys(quota.spec?.hard ?? {})).toEqual(
      expect.arrayContaining([...creatable, "count/replicasets.apps", "count/controllerrevisions.apps"]),
    );
  });
});
