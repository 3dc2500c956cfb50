import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { renderBootstrap } from "../../../config/bootstrap.ts";
import config from "../../../config/tenantry.ts";
import { shortHash } from "../../../shared/manifests/hash.ts";
import { GENERATORS_VERSION, tenantObjects } from "../../../shared/manifests/index.ts";
import { aCluster, aPlatform, aTenant } from "./builders.ts";

const folder = new URL("../../golden/", import.meta.url);
const update = process.env["UPDATE_GOLDEN"] === "1";

/** Compares with a file under test/golden/, or writes it with UPDATE_GOLDEN=1. */
function expectGolden(path: string, text: string): void {
  const file = new URL(path, folder);
  if (update) {
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, "utf8"));
}

const yaml = (objects: object[]): string =>
  objects.map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`).join("");

describe("the manifests of a tenant", () => {
  test.each(Object.keys(config.tiers))("of the tier %s are the golden ones", (tier) => {
    const tenant = aTenant({ desired: { tier, labels: { "cost-centre": "c-42" } }, generation: 3 });
    expectGolden(`tenant/${tier}.yaml`, yaml(tenantObjects(tenant, config, aCluster(), "production")));
  });

  test("with a quota of its own, in a cluster without the Prometheus operator, are the golden ones", () => {
    const tenant = aTenant({ desired: { tier: "basic", quota: { cpu: "3", pods: 30 } } });
    expectGolden(
      "tenant/basic-own-quota-no-monitoring.yaml",
      yaml(tenantObjects(tenant, config, aCluster({ serviceMonitor: false }), "production")),
    );
  });

  test("of a tenant asleep are the golden ones: closed, no new pods, nobody bound", () => {
    const tenant = aTenant({ desired: { tier: "basic", suspended: true } });
    expectGolden("tenant/basic-asleep.yaml", yaml(tenantObjects(tenant, config, aCluster(), "production")));
  });

  test("change only together with GENERATORS_VERSION, so that every tenant is brought up to date", () => {
    const objects = ["standard", "premium"].map((tier) =>
      tenantObjects(aTenant({ desired: { tier, labels: { a: "b" } } }), aPlatform(), aCluster(), "test"),
    );
    const file = new URL("generators.json", folder);
    const recorded = JSON.parse(readFileSync(file, "utf8")) as { version: number; hash: string };
    const now = { version: GENERATORS_VERSION, hash: shortHash(objects) };
    if (update && now.version > recorded.version) writeFileSync(file, `${JSON.stringify(now)}\n`);
    else expect(now).toEqual(recorded);
  });
});

test("bootstrap.yaml is what the configuration makes (npm run bootstrap:manifest)", () => {
  expect(readFileSync(new URL("../../../bootstrap.yaml", import.meta.url), "utf8")).toBe(renderBootstrap(config));
});
