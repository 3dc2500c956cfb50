import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { OperatorClient } from "../../local/aws/client.ts";
import type { Deployment } from "../../local/aws/deploy.ts";
import type { Aws } from "../../local/aws/ministack.ts";
import { ALL_SCOPES, fetchToken } from "../../local/aws/token.ts";
import { type ApiAnswer, anId, api, newKey, until, untilPhase } from "../support/stack.ts";
import { itemsMentioning, recordOf } from "../support/world.ts";

const env = (name: string): string => process.env[name] ?? "";
const aws = {
  endpoint: env("AWS_ENDPOINT_URL"),
  credentials: { accessKeyId: env("AWS_ACCESS_KEY_ID"), secretAccessKey: env("AWS_SECRET_ACCESS_KEY") },
} as Aws;
const operator = new OperatorClient(aws);
const cognito = <T>(operation: string, input: object): Promise<T> =>
  operator.json<T>("cognito-idp", `AWSCognitoIdentityProviderService.${operation}`, input);

/** The token that everything else is tested with: the models of the forgeries. */
const good = env("TENANTRY_TOKEN");
const claims: JWTPayload = decodeJwt(good);
const { kid = "" } = decodeProtectedHeader(good);
const userPoolId = claims.iss?.split("/").at(-1) ?? "";
const clientId = String(claims["client_id"]);
const inAnHour = (): number => Math.floor(Date.now() / 1_000) + 3_600;

const tokenOf = (userPool: string, client: string): Promise<string> =>
  fetchToken(aws, { userPoolId: userPool, clientId: client } as Deployment);

/** A machine client like the stack's own. */
async function addClient(UserPoolId: string): Promise<string> {
  const { UserPoolClient } = await cognito<{ UserPoolClient: { ClientId: string } }>("CreateUserPoolClient", {
    UserPoolId,
    ClientName: "stranger",
    GenerateSecret: true,
    AllowedOAuthFlows: ["client_credentials"],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ALL_SCOPES,
  });
  return UserPoolClient.ClientId;
}

const tenantId = anId("kept");
let record: unknown;

beforeAll(async () => {
  await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic" });
  await untilPhase(tenantId, "Ready");
  record = await recordOf(tenantId);
});

/** Every call of the API that needs a token, as one who knows a tenant would try it. */
async function callsWith(token: string | null): Promise<{ answers: ApiAnswer[]; key: string }> {
  const key = newKey();
  const headers = { "idempotency-key": key };
  const call = (method: string, path: string, body?: unknown) => api(method, path, body, { token, headers });
  const answers = await Promise.all([
    call("GET", "/tenants"),
    call("GET", `/tenants/${tenantId}`),
    call("GET", `/tenants/${tenantId}/events`),
    call("POST", "/tenants", { tenantId: anId("stolen"), name: key, tier: "basic" }),
    call("PATCH", `/tenants/${tenantId}`, { name: key, tier: "premium" }),
    call("DELETE", `/tenants/${tenantId}`),
    call("GET", "/clusters"),
    call("PUT", `/clusters/${key}`, { roleArn: "arn:aws:iam::000000000000:role/tenantry-cluster-local" }),
    call("POST", "/clusters/local/cordon"),
    call("DELETE", "/clusters/local"),
  ]);
  return { answers, key };
}

async function expectNothingFor(token: string | null): Promise<void> {
  const { answers, key } = await callsWith(token);
  for (const { status, body } of answers) expect({ status, body }).toEqual({ status: 401, body: { message: "Unauthorized" } });
  expect(await itemsMentioning(key)).toEqual([]);
  expect(await recordOf(tenantId)).toEqual(record);
  expect((await api("GET", "/clusters/local")).body.state).toBe("Active");
}

describe("A caller", () => {
  test("without a token gets nothing, and changes nothing", () => expectNothingFor(null));

  const forgeries: Record<string, () => string | Promise<string>> = {
    "that is garbage": () => "garbage",
    "with three parts of garbage": () => "aGVsbG8.d29ybGQ.Zm9v",
    "whose signature is cut off": () => good.split(".").slice(0, 2).join("."),
    "whose claims were changed under the old signature": () => {
      const [header, , signature] = good.split(".");
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url"), signature].join(".");
    },
    "that is not signed (alg none)": () => new UnsecuredJWT({ ...claims }).setExpirationTime(inAnHour()).encode(),
    "that is signed by a key of the caller's own, under the issuer's name and key id": async () => {
      const { privateKey } = await generateKeyPair("RS256");
      return new SignJWT({ ...claims }).setProtectedHeader({ alg: "RS256", kid }).setExpirationTime(inAnHour()).sign(privateKey);
    },
    "that is signed with the issuer's name as a shared secret (HS256)": () =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "HS256", kid })
        .setExpirationTime(inAnHour())
        .sign(new TextEncoder().encode(String(claims.iss))),
    "of another issuer, which brings its own keys": async () => {
      const { privateKey } = await generateKeyPair("RS256");
      return new SignJWT({ ...claims, iss: "https://issuer.example" })
        .setProtectedHeader({ alg: "RS256", kid: "theirs" })
        .setExpirationTime(inAnHour())
        .sign(privateKey);
    },
  };
  test.each(Object.keys(forgeries))("with a token %s gets nothing, and changes nothing", async (what) => {
    await expectNothingFor(await (forgeries[what] as () => string | Promise<string>)());
  });
});

describe("A token that an issuer truly signed", () => {
  const made: { UserPoolId: string; ClientId: string }[] = [];
  let otherPool = "";
  afterAll(async () => {
    for (const client of made) await cognito("DeleteUserPoolClient", client);
    if (otherPool !== "") await cognito("DeleteUserPool", { UserPoolId: otherPool });
  });

  test("is refused where that is another issuer than ours", async () => {
    const { UserPool } = await cognito<{ UserPool: { Id: string } }>("CreateUserPool", { PoolName: anId("other-issuer") });
    otherPool = UserPool.Id;
    const Scopes = ALL_SCOPES.map((scope) => ({ ScopeName: scope.replace("tenantry/", ""), ScopeDescription: scope }));
    await cognito("CreateResourceServer", { UserPoolId: otherPool, Identifier: "tenantry", Name: "Tenantry", Scopes });
    const token = await tokenOf(otherPool, await addClient(otherPool));
    expect(decodeJwt(token).iss).not.toBe(claims.iss);
    expect(decodeJwt(token)["scope"]).toContain("tenantry/tenants.write");
    await expectNothingFor(token);
  });

  test("is refused where it is for another audience", async () => {
    const ClientId = await addClient(userPoolId);
    made.push({ UserPoolId: userPoolId, ClientId });
    const token = await tokenOf(userPoolId, ClientId);
    expect(decodeJwt(token).iss).toBe(claims.iss);
    await expectNothingFor(token);
  });

  test("is good until it has expired, and refused from then on", async () => {
    const validity = async (AccessTokenValidity: number, AccessToken: string): Promise<void> => {
      await cognito("UpdateUserPoolClient", {
        UserPoolId: userPoolId,
        ClientId: clientId,
        AccessTokenValidity,
        TokenValidityUnits: { AccessToken },
      });
    };
    await validity(3, "seconds");
    const token = await tokenOf(userPoolId, clientId).finally(() => validity(60, "minutes"));
    expect((await api("GET", `/tenants/${tenantId}`, undefined, { token })).status).toBe(200);
    await until("the token to expire", async () => (Date.now() / 1_000 > (decodeJwt(token).exp ?? 0) ? true : undefined));
    await expectNothingFor(token);
  });

  test("reads, and does no more, with the scope tenants.read alone", async () => {
    const { answers, key } = await callsWith(env("TENANTRY_READ_TOKEN"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 403, 403, 403, 403, 403, 403]);
    for (const { body } of answers.slice(3)) expect(body).toEqual({ message: "Forbidden" });
    expect(await itemsMentioning(key)).toEqual([]);
    expect(await recordOf(tenantId)).toEqual(record);
  });
});
