import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { effectiveQuota, aboveCeiling } from "../../../shared/domain/quota.ts";
import type { Quota, QuotaOverride } from "../../../shared/domain/platform.ts";
import { compareQuantities, parseQuantity } from "../../../shared/domain/quantity.ts";
import { aPlatform } from "../manifests/builders.ts";

describe("a quantity", () => {
  test.each([
    ["1", "1000m", 0],
    ["0.5", "500m", 0],
    ["1Ki", "1024", 0],
    ["1k", "1000", 0],
    ["1.5Gi", "1536Mi", 0],
    ["2e3", "2k", 0],
    ["1E", "1000P", 0],
    [".5", "500m", 0],
    ["5.", "5", 0],
    ["1Gi", "1G", 1],
    ["4Gi", "4096M", 1],
    ["999m", "1", -1],
    ["1n", "0", 1],
    ["0.1n", "1n", 0],
    ["8Ei", "9223372036854775807", 1],
  ])("%s compared with %s is %i", (a, b, order) => {
    expect(compareQuantities(a, b)).toBe(order);
    expect(compareQuantities(b, a)).toBe(order === 0 ? 0 : -order);
  });

  test.each(["", ".", "-1", "1 Gi", "1gi", "Gi", "1.2.3", "1e", "1e999", "1Kie3", "0x10", "1,5", "٣", "9".repeat(40), "1\n"])(
    "%j is none",
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
      expect(() => compareQuantities(text, "1")).toThrow(RangeError);
    },
  );

  test("keeps the order of whole numbers under one suffix", () => {
    const suffix = fc.constantFrom("", "m", "k", "M", "Gi", "Ti", "e3");
    fc.assert(
      fc.property(fc.nat(), fc.nat(), suffix, (a, b, unit) => compareQuantities(`${a}${unit}`, `${b}${unit}`) === Math.sign(a - b)),
    );
  });

  test("is the same in milli and with a decimal point", () => {
    fc.assert(fc.property(fc.nat(), (milli) => compareQuantities(`${milli}m`, (milli / 1000).toFixed(3)) === 0));
  });

  test("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string(), (text) => ["bigint", "undefined"].includes(typeof parseQuantity(text))));
  });
});

const quantity = fc.tuple(fc.nat(5_000), fc.constantFrom("", "m", "Mi", "Gi")).map(([n, unit]) => `${n}${unit}`);
const quota: fc.Arbitrary<Quota> = fc.record({
  cpu: quantity,
  memory: quantity,
  storage: quantity,
  pods: fc.nat(),
  services: fc.nat(),
  loadBalancers: fc.nat(),
  persistentVolumeClaims: fc.nat(),
  secrets: fc.nat(),
  configMaps: fc.nat(),
  deployments: fc.nat(),
  statefulSets: fc.nat(),
  jobs: fc.nat(),
  cronJobs: fc.nat(),
  ingresses: fc.nat(),
  horizontalPodAutoscalers: fc.nat(),
});
const override: fc.Arbitrary<QuotaOverride> = fc.record(
  { cpu: fc.option(quantity, { nil: undefined }), memory: quantity, pods: fc.nat(), secrets: fc.option(fc.nat(), { nil: undefined }) },
  { requiredKeys: [] },
);

describe("a quota", () => {
  test("is the tier's where the tenant has no numbers of its own, and the tenant's where it has", () => {
    fc.assert(
      fc.property(quota, override, (tier, own) => {
        const effective = effectiveQuota({ quota: tier }, own);
        expect(Object.keys(effective)).toEqual(Object.keys(tier));
        for (const key of Object.keys(tier) as (keyof Quota)[]) expect(effective[key]).toBe(own[key] ?? tier[key]);
      }),
    );
  });

  test("is not changed by overriding it with itself, nor twice", () => {
    fc.assert(
      fc.property(quota, override, (tier, own) => {
        const once = effectiveQuota({ quota: tier }, own);
        expect(effectiveQuota({ quota: once }, own)).toEqual(once);
        expect(effectiveQuota({ quota: once }, once)).toEqual(once);
      }),
    );
  });

  test("names exactly the resources that pass the ceiling, with both numbers", () => {
    fc.assert(
      fc.property(quota, override, (ceiling, own) => {
        const found = new Map(aboveCeiling({ ceiling }, own).map((each) => [each.resource, each]));
        for (const key of Object.keys(ceiling) as (keyof Quota)[]) {
          const asked = own[key];
          const above = asked !== undefined && compareQuantities(String(asked), String(ceiling[key])) > 0;
          expect(found.get(key)).toEqual(above ? { resource: key, asked: String(asked), ceiling: String(ceiling[key]) } : undefined);
        }
      }),
    );
  });

  test("may be as high as the ceiling in another unit, and no higher", () => {
    const tier = aPlatform().tiers["premium"];
    if (tier === undefined) throw new Error("no premium tier");
    expect(aboveCeiling(tier, { cpu: "4000m", memory: "4096Mi" })).toEqual([]);
    expect(aboveCeiling(tier, { cpu: "4001m", pods: 11 })).toEqual([
      { resource: "cpu", asked: "4001m", ceiling: "4" },
      { resource: "pods", asked: "11", ceiling: "10" },
    ]);
  });
});
