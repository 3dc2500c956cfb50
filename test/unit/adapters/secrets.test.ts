import { describe, expect, test } from "@jest/globals";
import { createSecrets } from "../../../shared/adapters/secrets.ts";

type Stores = Record<string, string | Error | undefined>;

/** Secrets over stores that a test fills: `<store>:<name>`, and `<store>:<name>@AWSPREVIOUS`. */
function harness(stores: Stores) {
  let now = Date.parse("2030-01-31T12:00:00Z");
  const asked: string[] = [];
  const answer = (key: string, missing: string): string => {
    asked.push(key);
    const value = stores[key];
    if (value instanceof Error) throw value;
    if (value === undefined) throw Object.assign(new Error(missing), { name: missing });
    return value;
  };
  const secrets = createSecrets({
    secretsManager: {
      send: async ({ input }: { input: { SecretId: string; VersionStage: string } }) => ({
        SecretString: answer(
          `secretsmanager:${input.SecretId}${input.VersionStage === "AWSPREVIOUS" ? "@AWSPREVIOUS" : ""}`,
          "ResourceNotFoundException",
        ),
      }),
    } as never,
    ssm: {
      send: async ({ input }: { input: { Name: string; WithDecryption: boolean } }) => {
        expect(input.WithDecryption).toBe(true);
        return { Parameter: { Value: answer(`ssm:${input.Name}`, "ParameterNotFound") } };
      },
    } as never,
    clock: { now: () => new Date(now) },
    stage: "prod",
  });
  return { secrets, asked, stores, pass: (ms: number) => (now += ms) };
}

describe("secrets", () => {
  test("a reference names the deployment's stage, so that stages of an account have secrets of their own", async () => {
    const { secrets } = harness({ "ssm:tenantry/prod/okta/scim": "of prod", "ssm:tenantry/dev/okta/scim": "of dev" });
    expect(await secrets("ssm:tenantry/{stage}/okta/scim")).toEqual(["of prod"]);
  });

  test.each<[string, string, string[]]>([
    ["one", "s3cret", ["s3cret"]],
    ["one that an editor ended with a line break", "s3cret\n", ["s3cret"]],
    ["two of a JSON array", '["old", "new"]', ["old", "new"]],
    ["none in an empty one", " ", []],
  ])("of a value with %s", async (_case, value, expected) => {
    expect(await harness({ "ssm:tenantry/a": value }).secrets("ssm:tenantry/a")).toEqual(expected);
    expect(await harness({ "secretsmanager:tenantry/a": value }).secrets("secretsmanager:tenantry/a")).toEqual(expected);
  });

  test("are two while Secrets Manager keeps the version before, and each one once", async () => {
    const { secrets } = harness({ "secretsmanager:a": "new", "secretsmanager:a@AWSPREVIOUS": '["old","new"]' });
    expect(await secrets("secretsmanager:a")).toEqual(["new", "old"]);
  });

  test("are none where there is no such secret, and are looked for again after 30 s", async () => {
    const { secrets, stores, pass } = harness({});
    expect(await secrets("ssm:a")).toEqual([]);
    stores["ssm:a"] = "s3cret";
    pass(29_999);
    expect(await secrets("ssm:a")).toEqual([]);
    pass(1);
    expect(await secrets("ssm:a")).toEqual(["s3cret"]);
  });

  test("are asked for once in five minutes, by however many at once", async () => {
    const { secrets, asked, pass } = harness({ "ssm:a": "s3cret" });
    await Promise.all(Array.from({ length: 10 }, () => secrets("ssm:a")));
    pass(299_999);
    await secrets("ssm:a");
    expect(asked).toEqual(["ssm:a"]);
    pass(1);
    await secrets("ssm:a");
    expect(asked).toEqual(["ssm:a", "ssm:a"]);
  });

  test("are served on while the store does not answer, and are lost only with it where it never did", async () => {
    const { secrets, stores, pass } = harness({ "ssm:a": "s3cret", "ssm:b": new Error("throttled") });
    expect(await secrets("ssm:a")).toEqual(["s3cret"]);
    stores["ssm:a"] = new Error("throttled");
    pass(600_000);
    expect(await secrets("ssm:a")).toEqual(["s3cret"]);
    await expect(secrets("ssm:b")).rejects.toThrow("throttled");
    stores["ssm:b"] = "back";
    expect(await secrets("ssm:b")).toEqual(["back"]);
  });

  test("refuse an array of anything else, and a reference to no store", async () => {
    await expect(harness({ "ssm:a": "[1]" }).secrets("ssm:a")).rejects.toThrow("JSON array of strings");
    await expect(harness({ "ssm:a": "[half" }).secrets("ssm:a")).rejects.toThrow("JSON array of strings");
    await expect(harness({}).secrets("vault:a")).rejects.toThrow("names no store");
  });
});
