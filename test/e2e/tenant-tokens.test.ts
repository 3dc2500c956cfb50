import { beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import { OperatorClient } from "../../local/aws/client.ts";
import type { Deployment } from "../../local/aws/deploy.ts";
import type { Aws } from "../../local/aws/ministack.ts";
import { ALL_SCOPES, fetchToken } from "../../local/aws/token.ts";
import { anId, api, untilPhase } from "../support/stack.ts";

// Tokens as the stack's own pool gives them out, with its trigger.

const env = (name: string): string => process.env[name] ?? "";
const aws = {
  endpoint: env("AWS_ENDPOINT_URL"),
  credentials: { accessKeyId: env("AWS_ACCESS_KEY_ID"), secretAccessKey: env("AWS_SECRET_ACCESS_KEY") },
} as Aws;
const claims = decodeJwt(env("TENANTRY_TOKEN"));
const userPoolId = claims.iss?.split("/").at(-1) ?? "";
const deployment = { userPoolId, clientId: String(claims["client_id"]) } as Deployment;
const operator = new OperatorClient(aws);
const cognito = <T>(operation: string, input: object): Promise<T> =>
  operator.json<T>("cognito-idp", `AWSCognitoIdentityProviderService.${operation}`, { UserPoolId: userPoolId, ...input });

const [own, other] = [anId("own"), anId("other")];
beforeAll(async () => {
  for (const tenantId of [own, other]) await api("POST", "/tenants", { tenantId, name: tenantId, tier: "basic" });
  for (const tenantId of [own, other]) await untilPhase(tenantId, "Ready");
});

describe("A client's token", () => {
  test("that was asked for with a tenant reaches that tenant alone, whatever its scopes", async () => {
    const token = await fetchToken(aws, deployment, ALL_SCOPES, { tenant_id: own });
    expect(decodeJwt(token)["tenant_id"]).toBe(own);
    const status = async (method: string, path: string, body?: unknown) => (await api(method, path, body, { token })).status;
    expect(await status("GET", `/tenants/${own}`)).toBe(200);
    expect(await status("GET", `/tenants/${own}/kubeconfig`)).toBe(200);
    expect(await status("GET", `/tenants/${other}`)).toBe(403);
    expect(await status("GET", `/tenants/${other}/kubeconfig`)).toBe(403);
    expect(await status("GET", "/tenants")).toBe(403);
    expect(await status("GET", "/clusters")).toBe(403);
    expect(await status("POST", "/tenants", { name: "Mine" })).toBe(403);
    expect(await status("PATCH", `/tenants/${own}`, { name: "Mine" })).toBe(200);
  });

  test("that was asked for without one reaches what it did", async () => {
    const token = await fetchToken(aws, deployment);
    expect(decodeJwt(token)).not.toHaveProperty("tenant_id");
    expect((await api("GET", "/clusters", undefined, { token })).status).toBe(200);
  });
});

describe("A user of the pool", () => {
  const password = "Correct-horse-battery-1";
  let ClientId: string;

  async function signIn(attributes: { Name: string; Value: string }[]) {
    const Username = anId("user");
    await cognito("AdminCreateUser", { Username, UserAttributes: attributes, MessageAction: "SUPPRESS" });
    await cognito("AdminSetUserPassword", { Username, Password: password, Permanent: true });
    const AuthParameters = { USERNAME: Username, PASSWORD: password };
    type Answer = { AuthenticationResult: { AccessToken: string; IdToken: string } };
    const asked = { ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters };
    const { AuthenticationResult: tokens } = await cognito<Answer>("AdminInitiateAuth", asked);
    return { username: Username, access: decodeJwt(tokens.AccessToken), id: decodeJwt(tokens.IdToken) };
  }

  beforeAll(async () => {
    const { UserPoolClient } = await cognito<{ UserPoolClient: { ClientId: string } }>("CreateUserPoolClient", {
      ClientName: "people",
      ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    ClientId = UserPoolClient.ClientId;
  });

  test("has the tenant of the attribute in both tokens", async () => {
    const { access, id } = await signIn([{ Name: "custom:tenant_id", Value: own }]);
    expect([access["tenant_id"], id["tenant_id"]]).toEqual([own, own]);
  });

  test("without the attribute has no tenant and no scope of ours", async () => {
    const { access } = await signIn([]);
    expect(access).not.toHaveProperty("tenant_id");
    expect(String(access["scope"] ?? "")).not.toContain("tenantry/");
  });

  test("keeps its tenant: the pool lets nobody change the attribute", async () => {
    type Described = { UserPool: { SchemaAttributes: { Name: string; Mutable: boolean }[] } };
    const { UserPool } = await cognito<Described>("DescribeUserPool", {});
    expect(UserPool.SchemaAttributes).toContainEqual(expect.objectContaining({ Name: "custom:tenant_id", Mutable: false }));
  });
});
