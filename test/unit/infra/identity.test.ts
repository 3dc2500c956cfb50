import { createRequire } from "node:module";
import { describe, expect, test } from "@jest/globals";

type Context = { resolveVariable: (name: string) => Promise<string> };
const identity = createRequire(import.meta.url)("../../../infra/identity.cjs") as {
  audience: (context: Context) => Promise<unknown[]>;
};
const audiences = (parameters: Record<string, string>) => {
  const given: Record<string, string> = { issuer: "", audience: "", clientTenants: "", clients: "", ...parameters };
  return identity.audience({ resolveVariable: async (name) => given[name.replace("param:", "")] ?? "" });
};
const own = { Ref: "UserPoolClient" };
const clients = (count: number, of: (index: number) => string) => Array.from({ length: count }, (_, index) => of(index)).join(",");

describe("the audiences that the gateway takes", () => {
  test("are the pool's own client, each client of a tenant, and further clients", async () => {
    expect(await audiences({})).toEqual([own]);
    expect(await audiences({ clientTenants: "abc=acme, def=globex", clients: "ghi,abc" })).toEqual([own, "abc", "def", "ghi"]);
  });

  test("are those given with an issuer", async () =>
    expect(await audiences({ issuer: "https://issuer.example.com", audience: "tenantry, other", clientTenants: "abc=acme" })).toEqual([
      "tenantry",
      "other",
    ]));

  test("are 50 at most, as API Gateway takes no more", async () => {
    expect(await audiences({ clients: clients(49, (index) => `client${index}`) })).toHaveLength(50);
    await expect(audiences({ clients: clients(50, (index) => `client${index}`) })).rejects.toThrow("51 audiences");
  });

  test("come from no more clients of tenants than a function's environment holds", async () => {
    const long = clients(40, (index) => `${String(index).padStart(26, "a")}=${"t".repeat(40)}`);
    await expect(audiences({ clientTenants: long })).rejects.toThrow("fit into a function's environment");
  });

  test("without an issuer are none of another issuer", async () =>
    await expect(audiences({ audience: "tenantry" })).rejects.toThrow("both parameters, issuer and audience"));
});
