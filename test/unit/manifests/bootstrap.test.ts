import { describe, expect, test } from "@jest/globals";
import type { V1ClusterRole, V1PolicyRule } from "@kubernetes/client-node";
import config from "../../../config/tenantry.ts";
import { shortHash } from "../../../shared/manifests/hash.ts";
import { ANNOTATION_BOOTSTRAP, bootstrapObjects, bootstrapSelector } from "../../../shared/manifests/bootstrap.ts";

const entries = bootstrapObjects(config);
const rulesOf = (name: string): V1PolicyRule[] => {
  const found = entries.map(({ object }) => object).find((object) => object.kind === "ClusterRole" && object.metadata?.name === name) as
    | V1ClusterRole
    | undefined;
  return found?.rules ?? [];
};

describe("bootstrap.yaml", () => {
  test("marks every object with the hash of its content, and with the labels that a registration finds it by", () => {
    const [name, ...values] = bootstrapSelector.split(",").map((pair) => pair.split("="));
    for (const { object } of entries) {
      const { [ANNOTATION_BOOTSTRAP]: stamp, ...annotations } = object.metadata?.annotations ?? {};
      const bare = { ...object.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : { annotations: undefined }) };
      expect(stamp).toBe(shortHash(JSON.parse(JSON.stringify({ ...object, metadata: bare }))));
      for (const [label = "", value] of [name ?? [], ...values]) expect(object.metadata?.labels?.[label]).toBe(value);
    }
  });

  test("explains every object", () => {
    for (const { comment } of entries) expect(comment).not.toBe("");
  });

  test("gives the provisioner no wildcard, no Secrets, no pods, and escalate and bind by name alone", () => {
    const rules = rulesOf("tenantry-provisioner");
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) {
      expect([...(rule.apiGroups ?? []), ...(rule.resources ?? []), ...rule.verbs]).not.toContain("*");
      for (const never of ["secrets", "pods", "pods/exec", "serviceaccounts/token"]) expect(rule.resources).not.toContain(never);
      expect(rule.verbs).not.toContain("impersonate");
      if (rule.verbs.includes("escalate")) expect(rule).toMatchObject({ resources: ["roles"], resourceNames: ["tenant-role"] });
      if (rule.verbs.includes("bind")) expect([["tenant-role"], config.grantRoles]).toContainEqual(rule.resourceNames);
    }
  });

  test("ships the grants' ClusterRoles, which list what they give and never RBAC; a viewer reads no Secrets and changes nothing", () => {
    for (const role of config.grantRoles) {
      const rules = rulesOf(role);
      expect(rules.length).toBeGreaterThan(0);
      for (const rule of rules) expect([...(rule.apiGroups ?? []), ...(rule.resources ?? []), ...rule.verbs]).not.toContain("*");
      expect(rules.flatMap(({ apiGroups }) => apiGroups)).not.toContain("rbac.authorization.k8s.io");
    }
    expect(rulesOf("tenant-admin").flatMap(({ resources }) => resources)).toContain("secrets");
    expect(rulesOf("tenant-developer").flatMap(({ resources }) => resources)).not.toContain("secrets");
    expect(rulesOf("tenant-viewer").flatMap(({ resources }) => resources)).not.toContain("secrets");
    expect(new Set(rulesOf("tenant-viewer").flatMap(({ verbs }) => verbs))).toEqual(new Set(["get", "list", "watch"]));
    expect(rulesOf("tenant-viewer").flatMap(({ resources }) => resources)).not.toContain("pods/exec");
  });

  test("leaves an operator's own ClusterRoles to the operator, but lets the provisioner bind them", () => {
    const objects = bootstrapObjects({ ...config, grantRoles: ["auditors"] }).map(({ object }) => object);
    expect(objects.filter(({ kind }) => kind === "ClusterRole").map(({ metadata }) => metadata?.name)).toEqual(["tenantry-provisioner"]);
    expect(JSON.stringify(objects)).toContain('"resourceNames":["auditors"]');
  });
});
