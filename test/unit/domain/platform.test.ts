import { describe, expect, test } from "@jest/globals";
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

describe("the configuration", () => {
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
  ])("is refused with %s, and says where", (_mistake, edit, path) => {
    expect(edited(edit)).toThrow(`→ at ${path}`);
  });
});
