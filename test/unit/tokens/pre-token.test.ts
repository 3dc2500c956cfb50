import { describe, expect, test } from "@jest/globals";
import type { TokenEvent } from "../../../functions/tokens/pre-token.ts";
import { claimsOf, OPERATORS_GROUP, parseClientTenants } from "../../../shared/domain/token-claims.ts";

// The function reads its mapping when it is loaded; here each test brings its own.
process.env["CLIENT_TENANTS"] ??= "";
const { createHandler } = await import("../../../functions/tokens/pre-token.ts");

const scopes = ["openid", "tenantry/tenants.read", "tenantry/access.read"];

/** The request of version 2 and 3 as the Cognito Developer Guide prints it ("Pre token generation Lambda trigger"). */
const userEvent = (attributes: Record<string, string>, over: object = {}): TokenEvent =>
  ({
    version: "3",
    triggerSource: "TokenGeneration_HostedAuth",
    region: "us-east-1",
    userPoolId: "us-east-1_EXAMPLE",
    userName: "JaneDoe",
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: "1example23456789" },
    request: {
      userAttributes: { sub: "aaaaaaaa-1111", "cognito:user_status": "CONFIRMED", email: "jane@example.com", ...attributes },
      groupConfiguration: { groupsToOverride: ["group-A"], iamRolesToOverride: [], preferredRole: undefined },
      scopes,
      ...over,
    },
    response: { claimsAndScopeOverrideDetails: null },
  }) as unknown as TokenEvent;

const clientEvent = (clientId: string, clientMetadata?: Record<string, string>): TokenEvent =>
  ({
    version: "3",
    triggerSource: "TokenGeneration_ClientCredentials",
    region: "us-east-1",
    userPoolId: "us-east-1_EXAMPLE",
    userName: "ClientCredentials",
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId },
    request: {
      userAttributes: {},
      groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null },
      scopes,
      ...(clientMetadata && { clientMetadata }),
    },
    response: { claimsAndScopeOverrideDetails: null },
  }) as unknown as TokenEvent;

const handler = createHandler(new Map([["partner", "acme"]]));
const answered = async (event: TokenEvent) => (await handler(event)).response.claimsAndScopeOverrideDetails;
const acme = { claimsToAddOrOverride: { tenant_id: "acme" } };

describe("A user's tokens", () => {
  test("carry the tenant of the attribute, both of them, and keep their scopes", async () => {
    expect(await answered(userEvent({ "custom:tenant_id": "acme" }))).toEqual({
      idTokenGeneration: acme,
      accessTokenGeneration: { ...acme, scopesToSuppress: [] },
    });
  });

  test.each([
    "TokenGeneration_HostedAuth",
    "TokenGeneration_Authentication",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_AuthenticateDevice",
    "TokenGeneration_RefreshTokens",
  ] as const)("carry it by %s", async (triggerSource) => {
    const event = { ...userEvent({ "custom:tenant_id": "acme" }), triggerSource } as TokenEvent;
    expect((await answered(event)).accessTokenGeneration.claimsToAddOrOverride).toEqual({ tenant_id: "acme" });
  });

  test("hold no scope of ours where the user belongs to no tenant", async () => {
    expect((await answered(userEvent({}))).accessTokenGeneration).toEqual({
      scopesToSuppress: ["tenantry/tenants.read", "tenantry/access.read"],
    });
  });

  test("of the platform's own people hold their scopes, and no tenant", async () => {
    const event = userEvent({}, { groupConfiguration: { groupsToOverride: [OPERATORS_GROUP] } });
    expect((await answered(event)).accessTokenGeneration).toEqual({ scopesToSuppress: [] });
  });

  test("carry an empty attribute as it is: a tenant that there is not", async () => {
    expect((await answered(userEvent({ "custom:tenant_id": "" }))).accessTokenGeneration.claimsToAddOrOverride).toEqual({ tenant_id: "" });
  });

  test("heed nothing that the caller sends along", async () => {
    const event = userEvent({ "custom:tenant_id": "acme" }, { clientMetadata: { tenant_id: "globex" } });
    expect((await answered(event)).accessTokenGeneration.claimsToAddOrOverride).toEqual({ tenant_id: "acme" });
    const stranger = userEvent({}, { clientMetadata: { tenant_id: "globex" } });
    expect((await answered(stranger)).accessTokenGeneration).not.toHaveProperty("claimsToAddOrOverride");
  });
});

describe("A client's token", () => {
  test("carries the tenant that the deployment maps it to", async () => {
    expect((await answered(clientEvent("partner"))).accessTokenGeneration).toEqual({ ...acme, scopesToSuppress: [] });
    expect((await answered(clientEvent("partner", { tenant_id: "acme" }))).accessTokenGeneration).toEqual({
      ...acme,
      scopesToSuppress: [],
    });
  });

  test("is not given out where a mapped client asks for another tenant", async () => {
    await expect(handler(clientEvent("partner", { tenant_id: "globex" }))).rejects.toThrow('belongs to tenant "acme"');
    await expect(handler(clientEvent("partner", { tenant_id: "" }))).rejects.toThrow('belongs to tenant "acme"');
  });

  test("of an unmapped client is as it was, or narrower where the client asks for that", async () => {
    expect((await answered(clientEvent("automation"))).accessTokenGeneration).toEqual({ scopesToSuppress: [] });
    expect((await answered(clientEvent("automation", { tenant_id: "globex" }))).accessTokenGeneration).toEqual({
      claimsToAddOrOverride: { tenant_id: "globex" },
      scopesToSuppress: [],
    });
  });

  test("takes no tenant from a user attribute", () => {
    expect(claimsOf({ kind: "client", clientId: "automation", metadata: {} }, new Map())).toEqual({ withheld: [] });
  });
});

test("The event comes back with nothing of it changed but the response", async () => {
  const event = clientEvent("partner");
  const { response: _ours, ...rest } = await handler(event);
  const { response: _theirs, ...before } = event;
  expect(rest).toEqual(before);
});

describe("The mapping of clients", () => {
  test("is read as it stands in the parameter", () => {
    expect([...parseClientTenants("")]).toEqual([]);
    expect([...parseClientTenants("1abc=acme, 2def=globex-eu,")]).toEqual([
      ["1abc", "acme"],
      ["2def", "globex-eu"],
    ]);
  });

  test.each(["acme", "=acme", "1abc=", "1abc=Acme", "1abc:acme", "1abc=acme=globex"])("is refused as %j", (text) => {
    expect(() => parseClientTenants(text)).toThrow("is not <client id>=<tenant id>");
  });
});
