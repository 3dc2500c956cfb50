import { createRequire } from "node:module";
import { describe, expect, test } from "@jest/globals";

type Context = { resolveVariable: (name: string) => Promise<unknown> };
const require = createRequire(import.meta.url);
const { count, dataRemoval, flag } = require("../../../infra/parameters.cjs") as {
  count: (context: Context, name: string, least?: number) => Promise<number>;
  dataRemoval: (context: Context) => Promise<string>;
  flag: (context: Context, name: string) => Promise<boolean>;
};
const queues = require("../../../infra/queues.cjs") as (context: Context) => Promise<object>;
const given = (value: unknown): Context => ({ resolveVariable: async () => value });

describe("A parameter of the deployment", () => {
  test("is the same from a file and from the command line", async () => {
    expect([await count(given(60), "n"), await count(given("60"), "n")]).toEqual([60, 60]);
    expect([await flag(given(false), "f"), await flag(given("false"), "f")]).toEqual([false, false]);
    expect(await dataRemoval(given("Retain"))).toBe("Retain");
  });

  test.each(["", "hourly", "1.5", "-1", "0", "NaN"])("that is a number is refused as %j, by its name", async (value) => {
    await expect(count(given(value), "driftIntervalMinutes")).rejects.toThrow(`the parameter driftIntervalMinutes is "${value}"`);
  });

  test("that is neither true nor false, or no policy of CloudFormation's, is refused by its name", async () => {
    await expect(flag(given("no"), "deletionProtection")).rejects.toThrow('the parameter deletionProtection is "no"');
    await expect(dataRemoval(given("delete"))).rejects.toThrow('the parameter dataRemoval is "delete"');
  });

  test("queueVisibilitySeconds is refused where it is shorter than the functions run", async () => {
    const context = { resolveVariable: async (name: string) => (name === "param:queueVisibilitySeconds" ? "30" : "signup") };
    await expect(queues(context)).rejects.toThrow("60 or more");
  });
});
