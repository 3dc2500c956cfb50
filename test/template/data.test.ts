import { describe, expect, test } from "@jest/globals";
import { template } from "./package.ts";

describe("The table and the user pool", () => {
  test.each(["Table", "UserPool"])("%s outlives its stack, but for a first deployment that failed", async (id) => {
    const { DeletionPolicy, UpdateReplacePolicy, Properties } = (await template("production")).Resources[id] ?? {};
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["RetainExceptOnCreate", "Retain"]);
    expect(Properties).toMatchObject(id === "Table" ? { DeletionProtectionEnabled: true } : { DeletionProtection: "ACTIVE" });
  });

  test.each(["Table", "UserPool"])("%s is not protected where the command line says so", async (id) => {
    const { Properties } = (await template("a first deployment")).Resources[id] ?? {};
    expect(Properties).toMatchObject(id === "Table" ? { DeletionProtectionEnabled: false } : { DeletionProtection: "INACTIVE" });
  });

  test.each(["Table", "UserPool"])("%s goes with the local stack", async (id) => {
    const { DeletionPolicy, Properties } = (await template("local")).Resources[id] ?? {};
    expect(DeletionPolicy).toBe("Delete");
    expect(Properties).toMatchObject(id === "Table" ? { DeletionProtectionEnabled: false } : { DeletionProtection: "INACTIVE" });
  });
});

test("With a restored table, everything uses it and its stream, and the stack's own stays as it was", async () => {
  const { Resources } = await template("production with every parameter");
  const { Table, ...others } = Resources;
  expect(Table?.Properties).toMatchObject({ TableName: "tenants" });
  const text = JSON.stringify(others);
  expect(text.match(/"Ref":"Table"|"Fn::GetAtt":\["Table"|\$\{Table[.}]/g)).toBeNull();
  expect(text).toContain('"TABLE_NAME":"tenants-restored"');
  expect(text).toContain("table/tenants-restored/index/due");
  expect(JSON.stringify(Resources["OutboxDashstreamEventSourceMappingDynamodbTenantsrestored"])).toContain(
    "table/tenants-restored/stream/",
  );
});
