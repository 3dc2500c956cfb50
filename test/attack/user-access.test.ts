import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { AccessReviews } from "../support/access-review.ts";
import { askCluster, grant, revoke, signIn, theIssuer } from "../support/people.ts";
import { anId, api, untilPhase } from "../support/stack.ts";

// People with real tokens of the cluster's OIDC issuer, on the real API server, with grants given and taken through the API.

const [tenantId, other] = [anId("mine"), anId("theirs")];
const namespace = `tenant-${tenantId}`;
const pods = `/api/v1/namespaces/${namespace}/pods`;
const now = (): number => Math.floor(Date.now() / 1_000);

beforeAll(async () => {
  for (const id of [tenantId, other]) await api("POST", "/tenants", { tenantId: id, name: id, tier: "basic" });
  for (const id of [tenantId, other]) await untilPhase(id, "Ready");
}, 60_000);

const statusOf = async (token: string | undefined, path = pods): Promise<number> => (await askCluster(token, path)).status;

describe("A granted viewer", () => {
  const viewer = "vera@example.com";
  let token: string;
  beforeAll(async () => {
    token = await signIn(viewer);
    expect(await statusOf(token)).toBe(403);
    await grant(tenantId, viewer, "tenant-viewer");
  });

  test("lists the pods of its tenant, with the token that it had before the grant", async () => {
    expect(await askCluster(token, pods)).toMatchObject({ status: 200, body: { kind: "PodList" } });
  });

  test("reads no Secret, changes nothing and opens no shell", async () => {
    expect(await statusOf(token, `/api/v1/namespaces/${namespace}/secrets`)).toBe(403);
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine" } };
    expect((await askCluster(token, `/api/v1/namespaces/${namespace}/configmaps`, { method: "POST", body })).status).toBe(403);
    expect((await askCluster(token, pods, { method: "DELETE" })).status).toBe(403);
    expect((await askCluster(token, `${pods}/any/exec?command=sh`, { method: "POST" })).status).toBe(403);
  });

  test("sees nothing of another tenant, of the cluster, or of what gives it access", async () => {
    for (const path of [
      `/api/v1/namespaces/tenant-${other}/pods`,
      "/api/v1/namespaces/kube-system/pods",
      "/api/v1/pods",
      "/api/v1/namespaces",
      "/api/v1/nodes",
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`,
    ])
      expect([path, await statusOf(token, path)]).toEqual([path, 403]);
  });

  test("gives nobody a role, itself least of all", async () => {
    const rbac = "rbac.authorization.k8s.io";
    const body = {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "mine" },
      subjects: [{ apiGroup: rbac, kind: "User", name: `oidc:${viewer}` }],
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "tenant-admin" },
    };
    expect((await askCluster(token, `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`, { method: "POST", body })).status).toBe(403);
  });

  test("is out with the next request once the grant is revoked, though its token still holds", async () => {
    expect(await statusOf(token)).toBe(200);
    await revoke(tenantId, viewer, "tenant-viewer");
    expect(await statusOf(token)).toBe(403);
    expect(await statusOf(token, "/api")).toBe(200);
  });
});

test("A person of a tenant that is suspended is out, and back in when it is activated", async () => {
  const sleeper = anId("asleep");
  await api("POST", "/tenants", { tenantId: sleeper, name: sleeper, tier: "basic" });
  await untilPhase(sleeper, "Ready");
  await grant(sleeper, "sam@example.com", "tenant-viewer");
  const token = await signIn("sam@example.com");
  const path = `/api/v1/namespaces/tenant-${sleeper}/pods`;
  expect(await statusOf(token, path)).toBe(200);
  await api("POST", `/tenants/${sleeper}/suspend`);
  await untilPhase(sleeper, "Suspended");
  expect(await statusOf(token, path)).toBe(403);
  await api("POST", `/tenants/${sleeper}/activate`);
  await untilPhase(sleeper, "Ready");
  expect(await statusOf(token, path)).toBe(200);
  await api("DELETE", `/tenants/${sleeper}`);
  await untilPhase(sleeper, "Deleted");
  expect(await statusOf(token, path)).toBe(403);
});

test("A person keeps the role that was not revoked", async () => {
  const token = await signIn("dora@example.com");
  await grant(tenantId, "dora@example.com", "tenant-viewer");
  await grant(tenantId, "dora@example.com", "tenant-developer");
  await revoke(tenantId, "dora@example.com", "tenant-developer");
  expect(await statusOf(token)).toBe(200);
  expect((await askCluster(token, `${pods}/any/exec?command=sh`, { method: "POST" })).status).toBe(403);
});

test.each(["anna@example.com", "auth0|63f1a", "a/b%c", "~tilde", "Ünïcode Name", "o=acme,cn=Jo"])(
  "A user id such as %j reaches what was granted to it",
  async (userId) => {
    await grant(tenantId, userId, "tenant-viewer");
    expect(await statusOf(await signIn(userId))).toBe(200);
    await revoke(tenantId, userId, "tenant-viewer");
    expect(await statusOf(await signIn(userId))).toBe(403);
  },
);

describe("Of somebody whose grant stands, the API server takes no token", () => {
  const granted = "greta@example.com";
  beforeAll(() => grant(tenantId, granted, "tenant-viewer"));

  const withClaims = (claims: JWTPayload) => () => signIn(granted, claims);
  const good = async (): Promise<JWTPayload> => {
    const { url, clientId } = await theIssuer();
    return { iss: url, aud: clientId, sub: granted, iat: now(), exp: now() + 3_600 };
  };
  const tokens: Record<string, () => Promise<string>> = {
    "of another issuer": withClaims({ iss: "https://127.0.0.1:1" }),
    "of the issuer with a slash more": async () => signIn(granted, { iss: `${(await theIssuer()).url}/` }),
    "for another client": withClaims({ aud: "another-client" }),
    "for nobody in particular": withClaims({ aud: [] }),
    "that has expired": withClaims({ exp: now() - 60 }),
    "that is not valid yet": withClaims({ nbf: now() + 3_600 }),
    "without an end": withClaims({ exp: undefined as unknown as number }),
    "without a name": withClaims({ sub: undefined as unknown as string }),
    "that nobody signed": async () => new UnsecuredJWT(await good()).encode(),
    "signed by another key under the issuer's key id": async () => {
      const { privateKey } = await generateKeyPair("ES256");
      return new SignJWT(await good()).setProtectedHeader({ alg: "ES256", kid: (await theIssuer()).kid }).sign(privateKey);
    },
    "signed with the public key as a shared secret": async () => {
      const { privateKey, kid } = await theIssuer();
      const { d: _private, ...publicKey } = privateKey;
      const secret = await exportSPKI((await importJWK(publicKey, "ES256", { extractable: true })) as Parameters<typeof exportSPKI>[0]);
      const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
      const signed = `${encode({ alg: "HS256", kid })}.${encode(await good())}`;
      return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
    },
    "whose claims were changed after it was signed": async () => {
      const [header, , signature] = (await signIn("nobody@example.com")).split(".");
      return `${header}.${Buffer.from(JSON.stringify(await good())).toString("base64url")}.${signature}`;
    },
    "with its signature cut off": async () => (await signIn(granted)).replace(/[^.]*$/, ""),
    "of the API itself": async () => process.env["TENANTRY_TOKEN"] ?? "",
    "that is garbage": async () => "garbage",
  };

  test.each(Object.keys(tokens))("%s", async (what) => {
    expect(await statusOf(await signIn(granted))).toBe(200);
    expect(await statusOf(await (tokens[what] as () => Promise<string>)())).toBe(401);
  });

  test("where there is none", async () => {
    expect(await statusOf(undefined)).toBe(403);
  });
});

describe("A token of the issuer gives nothing", () => {
  const whoami = async (token: string) => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    return (await askCluster(token, "/apis/authentication.k8s.io/v1/selfsubjectreviews", { method: "POST", body })).body.status.userInfo;
  };

  test("by groups that it claims, the cluster's administrators or the provisioner's among them", async () => {
    const token = await signIn("eve@example.com", { groups: ["system:masters", "tenantry:provisioner", "system:nodes"] });
    expect((await whoami(token)).groups.sort()).toEqual(
      ["oidc:system:masters", "oidc:system:nodes", "oidc:tenantry:provisioner", "system:authenticated"].sort(),
    );
    for (const path of [pods, "/api/v1/namespaces", "/api/v1/secrets", "/api/v1/nodes"])
      expect([path, await statusOf(token, path)]).toEqual([path, 403]);
  });

  test("by a name that is empty, one of the cluster's own, or another's with the prefix written out", async () => {
    await grant(tenantId, "petra@example.com", "tenant-viewer");
    for (const name of ["", "system:admin", "system:kube-controller-manager", "tenantry:provisioner:reconcile", "oidc:petra@example.com"]) {
      const token = await signIn(name);
      expect((await whoami(token)).username).toBe(`oidc:${name}`);
      expect([name, await statusOf(token)]).toEqual([name, 403]);
    }
  });

  test("to who has the granted name but for its case, or a space more", async () => {
    await grant(tenantId, "quinn@example.com", "tenant-viewer");
    for (const name of ["Quinn@example.com", "quinn@example.com ", "quinn@example.co"])
      expect([name, await statusOf(await signIn(name))]).toEqual([name, 403]);
  });

  test("to a name without the cluster's prefix", async () => {
    await grant(tenantId, "rita@example.com", "tenant-viewer");
    const reviews = new AccessReviews();
    const lists = (user: string) => reviews.allows(user, { verb: "list", resource: "pods", namespace });
    expect([await lists("oidc:rita@example.com"), await lists("rita@example.com")]).toEqual([true, false]);
    await reviews.close();
  });
});
