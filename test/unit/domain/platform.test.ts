import { describe, expect, test } from "@jest/globals";
import { SHIPPED_ROLES } from "../../../shared/domain/grant-roles.ts";
import { bootstrapObjects } from "../../../shared/manifests/bootstrap.ts";
import { grantRules } from "../../../shared/manifests/rights.ts";
import config from "../../../config/tenantry.ts";
import { definePlatform, type Platform } from "../../../shared/domain/platform.ts";

/** The shipped configuration with one edit. */
function edited(edit: (config: Platform) => void): () => Platform {
  const copy = structuredClone(config);
  edit(copy);
  return () => definePlatform(copy);
}
const basic = (platform: Platform): NonNullable<Platform["tiers"][string]> => {
  const tier = platform.tiers["basic"];
  if (tier === undefined) throw new Error("no basic tier");
  return tier;
};

const rule = { apiGroups: [""], resources: ["pods"], verbs: ["get", "create"] };
const own = (platform: Platform, name: string, over: Partial<typeof rule>): void => {
  platform.ownRoles[name] = { description: "Ours", rules: [{ ...rule, ...over }] };
  if (!platform.grantRoles.includes(name)) platform.grantRoles.push(name);
};
const mapped = (platform: Platform, mapping: Platform["identity"]["roleMapping"][number]): void =>
  void platform.identity.roleMapping.push(mapping);

describe("the configuration", () => {
  test("takes an operator's own role whose rules are listed, and ships it with the bootstrap", () => {
    const platform = edited((c) => own(c, "release-manager", {}))();
    expect(bootstrapObjects(platform).map(({ object }) => object.metadata?.name)).toContain("release-manager");
    expect(Object.keys(grantRules).sort()).toEqual([...SHIPPED_ROLES].sort());
  });

  test("gives the tiers their documented sizes", () => {
    const sizes = Object.entries(config.tiers).map(([tier, { quota }]) => [tier, quota.cpu, quota.memory]);
    expect(sizes).toEqual([
      ["basic", "2", "4Gi"],
      ["standard", "4", "8Gi"],
      ["premium", "8", "16Gi"],
      ["default", "1", "2Gi"],
    ]);
  });

  test.each<[string, (config: Platform) => void, string]>([
    ["a quantity that is none", (c) => Object.assign(basic(c).quota, { cpu: "lots" }), "tiers.basic.quota.cpu"],
    ["a quota above its ceiling", (c) => Object.assign(basic(c).quota, { memory: "9Gi" }), "tiers.basic.quota.memory"],
    ["a container larger than the quota", (c) => Object.assign(basic(c).limits.max, { cpu: "2001m" }), "tiers.basic.limits.max.cpu"],
    [
      "a default limit above the maximum",
      (c) => Object.assign(basic(c).limits.default, { cpu: "1500m" }),
      "tiers.basic.limits.default.cpu",
    ],
    [
      "a default request above the default limit",
      (c) => Object.assign(basic(c).limits.defaultRequest, { memory: "300Mi" }),
      "tiers.basic.limits.defaultRequest.memory",
    ],
    ["an unknown key", (c) => Object.assign(basic(c), { quotas: {} }), "tiers.basic"],
    [
      "an ingress source that selects every namespace",
      (c) => c.network.ingressFrom.push({ namespaceLabels: {} }),
      "network.ingressFrom[2].namespaceLabels",
    ],
    ["a range that is no CIDR", (c) => c.network.privateRanges.push("10.0.0.0"), "network.privateRanges[10]"],
    ["cluster-admin as a grant", (c) => c.grantRoles.push("cluster-admin"), "grantRoles[3]"],
    ["a role whose name ends in another's", (c) => c.grantRoles.push("extra-tenant-viewer"), "grantRoles"],
    ["a role that nothing defines", (c) => c.grantRoles.push("release-manager"), "grantRoles"],
    ["an own role of a shipped one's name", (c) => own(c, "tenant-admin", {}), 'ownRoles["tenant-admin"]'],
    ["an own role with a wildcard", (c) => own(c, "ops", { resources: ["*"] }), "ownRoles.ops.rules[0]"],
    ["an own role that may impersonate", (c) => own(c, "ops", { verbs: ["get", "impersonate"] }), "ownRoles.ops.rules[0]"],
    [
      "an own role that writes RBAC",
      (c) => own(c, "ops", { apiGroups: ["rbac.authorization.k8s.io"], resources: ["rolebindings"] }),
      "ownRoles.ops.rules[0]",
    ],
    ["an own role that makes tokens", (c) => own(c, "ops", { resources: ["serviceaccounts/token"] }), "ownRoles.ops.rules[0]"],
    ["an own role that lifts quotas", (c) => own(c, "ops", { resources: ["resourcequotas"] }), "ownRoles.ops.rules[0]"],
    [
      "a mapping to a role that grants may not name",
      (c) => mapped(c, { group: "Ops", tenantId: "acme", role: "owner" }),
      "identity.roleMapping[1]",
    ],
    [
      "a mapping of an unknown provider",
      (c) => mapped(c, { provider: "ping", group: "Ops", tenantId: "acme", role: "tenant-admin" }),
      "identity.roleMapping[1]",
    ],
    ["a pattern that names no tenant", (c) => mapped(c, { pattern: "ops:{role}" }), "identity.roleMapping[1]"],
    [
      "a pattern that names the role twice",
      (c) => mapped(c, { pattern: "{tenantId}:{role}", role: "tenant-admin" }),
      "identity.roleMapping[1]",
    ],
  ])("is refused with %s, and says where", (_mistake, edit, path) => {
    expect(edited(edit)).toThrow(`→ at ${path}`);
  });
});
