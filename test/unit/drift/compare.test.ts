import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import fc from "fast-check";
import { isSame, pathOfPointer, pointerOf } from "../../../shared/domain/drift.ts";
import { ANNOTATION_GENERATION, objectKey, tenantObjects } from "../../../shared/manifests/index.ts";
import { driftOf } from "../../../shared/manifests/drift.ts";
import { aCluster, aDesired, aTenant, platform } from "../../support/builders.ts";

const tenant = aTenant({ desired: aDesired({ tier: "premium", labels: { team: "a", "a/b": "c" } }) });
const objects = tenantObjects(tenant, platform, aCluster(), "test");
/** By its text, as it comes over the wire: nothing in it is one and the same object twice. */
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const named = (key: string): KubernetesObject => copyOf(objects.find((object) => objectKey(object) === key)) as KubernetesObject;
const anObject = fc.constantFrom(...objects);

/** Paths of the scalars of a value. */
function scalars(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => scalars(inner, [...path, key]));
}
function set(root: unknown, path: string[], value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], root);
  const key = path.at(-1) as string;
  if (value !== undefined) (parent as Record<string, unknown>)[key] = value;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<string, unknown>)[key];
}
/** The same value with the keys of every map in another order. */
function shuffled<T>(value: T, seed: number): T {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner, seed)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => ((a.length * seed) % 7) - ((b.length * seed) % 7) || (a < b ? 1 : -1))) as T;
}
const isGeneration = (path: string[]): boolean => path.at(-1) === ANNOTATION_GENERATION;

describe("An object as it was applied", () => {
  test("has not drifted, whatever the order of its keys and whatever others and the server added", () => {
    fc.assert(
      fc.property(anObject, fc.nat(), (object, seed) => {
        const actual = shuffled(copyOf(object), seed) as KubernetesObject & { status?: object };
        actual.metadata = {
          ...actual.metadata,
          uid: "u",
          resourceVersion: "7",
          labels: { ...actual.metadata?.labels, "kubernetes.io/metadata.name": "x" },
          annotations: { ...actual.metadata?.annotations, [ANNOTATION_GENERATION]: "99", note: "n" },
        };
        actual.status = { used: {} };
        expect(driftOf(object, actual)).toBeUndefined();
      }),
    );
  });

  test("has drifted where any single field is another, or gone, and the field is named", () => {
    fc.assert(
      fc.property(
        anObject.chain((object) =>
          fc.tuple(fc.constant(object), fc.constantFrom(...scalars(object).filter((path) => !isGeneration(path)))),
        ),
        fc.constantFrom("other", undefined),
        ([object, path], value) => {
          const actual = copyOf(object);
          set(actual, path, value);
          const found = driftOf(object, actual)?.fields ?? [];
          expect(found).toHaveLength(1);
          expect(`${pointerOf(path)}/`.startsWith(`${found[0]}/`)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("has drifted where a list has one more item", () => {
    for (const [key, path] of [
      ["NetworkPolicy/tenant-isolation", ["spec", "ingress"]],
      ["Role/tenant-role", ["rules"]],
      ["RoleBinding/tenant-binding", ["subjects"]],
      ["LimitRange/tenant-limits", ["spec", "limits"]],
    ] as const) {
      const actual = named(key);
      const list = path.reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], actual) as unknown[];
      list.push({});
      expect(driftOf(named(key), actual)?.fields).toEqual([pointerOf(path)]);
    }
  });
});

describe("Quantities", () => {
  test("are compared by value", () => {
    const actual = named("ResourceQuota/tenant-quota") as { spec: { hard: Record<string, string> } } & KubernetesObject;
    actual.spec.hard["limits.cpu"] = "8000m";
    actual.spec.hard["limits.memory"] = "16384Mi";
    expect(driftOf(named("ResourceQuota/tenant-quota"), actual)).toBeUndefined();
    actual.spec.hard["limits.cpu"] = "8001m";
    expect(driftOf(named("ResourceQuota/tenant-quota"), actual)?.fields).toEqual(["/spec/hard/limits.cpu"]);
    const limits = named("LimitRange/tenant-limits") as { spec: { limits: { max: { cpu: string } }[] } } & KubernetesObject;
    limits.spec.limits = limits.spec.limits.map((item) => ({ ...item, max: { ...item.max, cpu: "4000m" } }));
    expect(driftOf(named("LimitRange/tenant-limits"), limits)).toBeUndefined();
  });

  test("but labels are not", () => {
    const desired = { kind: "Namespace", metadata: { labels: { a: "1" } } };
    expect(driftOf(desired, { kind: "Namespace", metadata: { labels: { a: "1000m" } } })?.fields).toEqual(["/metadata/labels/a"]);
  });
});

describe("What is one field to server-side apply", () => {
  test("has drifted where it has more in it: a policy for some pods only is none for the others", () => {
    const actual = named("NetworkPolicy/tenant-isolation") as { spec: { podSelector: object } } & KubernetesObject;
    actual.spec.podSelector = { matchLabels: { app: "x" } };
    expect(driftOf(named("NetworkPolicy/tenant-isolation"), actual)?.fields).toEqual(["/spec/podSelector"]);
  });

  test("has not drifted where the server added a default to what we still own", () => {
    const key = "ServiceMonitor/tenant-monitor";
    const withDefault = (managedFields: object[]): KubernetesObject => {
      const actual = named(key) as { spec: { endpoints: object[] } } & KubernetesObject;
      actual.spec.endpoints = actual.spec.endpoints.map((endpoint) => ({ ...endpoint, scheme: "http" }));
      return { ...actual, metadata: { ...actual.metadata, managedFields } } as KubernetesObject;
    };
    const entry = (manager: string, operation: string) => ({ manager, operation, fieldsV1: { "f:spec": { "f:endpoints": {} } } });
    expect(driftOf(named(key), withDefault([entry("tenantry", "Apply")]))).toBeUndefined();
    expect(driftOf(named(key), withDefault([entry("kubectl-edit", "Update")]))?.fields).toEqual(["/spec/endpoints"]);
  });

  test("a role reference cannot be applied back: the binding is to be made anew", () => {
    const actual = {
      ...named("RoleBinding/tenant-binding"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
    };
    expect(driftOf(named("RoleBinding/tenant-binding"), actual)).toMatchObject({ change: "replaced", fields: ["/roleRef"] });
  });

  test("a quota with scopes counts some pods only: it is to be made anew", () => {
    const actual = named("ResourceQuota/tenant-quota") as { spec: { scopes?: string[] } } & KubernetesObject;
    actual.spec.scopes = ["Terminating"];
    expect(driftOf(named("ResourceQuota/tenant-quota"), actual)).toMatchObject({ change: "replaced", fields: ["/spec/scopes"] });
  });
});

describe("Who changed it", () => {
  const entry = (manager: string, time: string, fields: object, more = {}) => ({
    manager,
    operation: "Update",
    time,
    fieldsV1: fields,
    ...more,
  });
  const quota = (managedFields: object[], cpu?: string): KubernetesObject => {
    const actual = named("ResourceQuota/tenant-quota") as { spec: { hard: Record<string, string> } } & KubernetesObject;
    set(actual, ["spec", "hard", "limits.cpu"], cpu);
    return { ...actual, metadata: { ...actual.metadata, managedFields } } as KubernetesObject;
  };
  const hard = (name: string) => ({ "f:spec": { "f:hard": { [`f:${name}`]: {} } } });
  const by = (actual: KubernetesObject) => driftOf(named("ResourceQuota/tenant-quota"), actual)?.by.map(({ manager }) => manager);

  test("are the managers that hold the field; controllers of the status are not", () => {
    const actual = quota(
      [
        entry("tenantry", "2030-01-01T00:00:00Z", hard("pods"), { operation: "Apply" }),
        entry("kubectl-label", "2030-01-03T00:00:00Z", { "f:metadata": {} }),
        entry("kubectl-edit", "2030-01-02T00:00:00Z", hard("limits.cpu")),
        entry("kube-controller-manager", "2030-01-04T00:00:00Z", hard("limits.cpu"), { subresource: "status" }),
      ],
      "99",
    );
    expect(driftOf(named("ResourceQuota/tenant-quota"), actual)?.by).toEqual([
      { manager: "kubectl-edit", operation: "Update", time: "2030-01-02T00:00:00.000Z" },
    ]);
  });

  test("is the last other writer where the field is gone, and nobody where there is none", () => {
    expect(
      by(
        quota([
          entry("a", "2030-01-01T00:00:00Z", hard("x")),
          entry("b", "2030-01-02T00:00:00Z", hard("y")),
          entry("tenantry", "2030-01-03T00:00:00Z", {}),
        ]),
      ),
    ).toEqual(["b"]);
    expect(by(quota([]))).toEqual([]);
  });
});

describe("Two values are the same", () => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, inner]) => [key, sorted(inner)]),
          )
        : value;
  test("just where their canonical texts are", () => {
    const small = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(small, small, fc.nat(), (a, b, seed) => {
        fc.pre(!JSON.stringify([a, b]).includes("__proto__")); // No key of a manifest.
        const [left, right] = [copyOf(a), copyOf(b)];
        expect(isSame(left, right)).toBe(JSON.stringify(sorted(left)) === JSON.stringify(sorted(right)));
        expect(isSame(left, shuffled(copyOf(left), seed))).toBe(true);
      }),
    );
  });

  test("and not where one has more, less or an empty value in it", () => {
    for (const [a, b] of [
      [{ a: 1 }, { a: 1, b: 2 }],
      [{ a: 1, b: {} }, { a: 1 }],
      [[1], [1, 2]],
      [[], {}],
      [{}, null],
      ["1", 1],
    ] as const) {
      expect(isSame(a, b)).toBe(false);
      expect(isSame(b, a)).toBe(false);
    }
  });
});

test("a pointer and its path are each other's inverse", () => {
  fc.assert(fc.property(fc.array(fc.string()), (path) => expect(pathOfPointer(pointerOf(path))).toEqual(path)));
});
