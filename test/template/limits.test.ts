import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { template, templateFile } from "./package.ts";
import { resolve } from "./values.ts";
import { variantNames } from "./variants.ts";

/** AWS's quotas that no request raises. */
const RESOURCES_A_STACK = 500;
const TEMPLATE_BYTES = 1_048_576;
const ENVIRONMENT_BYTES = 4_096;
const INLINE_POLICY_CHARACTERS = 10_240;
const NAME_CHARACTERS = 64;
const LONGEST_REGION = "ap-southeast-1";

describe.each(variantNames)("the template of the variant %s", (variant) => {
  test("leaves room for ten more event functions below the 500 resources of a stack", async () => {
    const { Resources } = await template(variant);
    expect(Object.keys(Resources).length).toBeLessThanOrEqual(RESOURCES_A_STACK - 10 * 10);
    expect(readFileSync(await templateFile(variant)).length).toBeLessThan(TEMPLATE_BYTES);
  });

  test("has environments, policies and names that are small enough, in the region with the longest name too", async () => {
    const made = await template(variant);
    const tooLarge = Object.entries(made.Resources).flatMap(([id, { Type, Properties = {} }]) => {
      const { Environment, Policies, RoleName, FunctionName } = Properties as Record<string, never>;
      const name = Type === "AWS::Lambda::Function" ? FunctionName : RoleName;
      const sizes = {
        environment: [JSON.stringify(Environment ?? {}).length, ENVIRONMENT_BYTES],
        policies: [JSON.stringify(Policies ?? []).length, INLINE_POLICY_CHARACTERS],
        name: [name ? resolve(made, name).replace("eu-central-1", LONGEST_REGION).length : 0, NAME_CHARACTERS],
      };
      return Object.entries(sizes).flatMap(([what, [size = 0, most = 0]]) =>
        size > most ? [`${id} (${Type}): ${what} ${size} > ${most}`] : [],
      );
    });
    expect(tooLarge).toEqual([]);
  });
});
