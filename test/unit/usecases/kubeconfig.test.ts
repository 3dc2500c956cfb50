import { describe, expect, test } from "@jest/globals";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import type { Cluster } from "../../../shared/domain/cluster.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { answers } from "../../../shared/http/openapi/schemas.ts";
import { aCluster, aDesired, aTenant } from "../../support/builders.ts";
import { httpEvent } from "../http/requests.ts";

// The function opens its table when it is loaded, and asks it nothing here.
process.env["TABLE_NAME"] ??= "unused";
const { createHandler } = await import("../../../functions/kubeconfig/api.ts");

const oidc = { mode: "oidc", issuerUrl: "https://login.example/", clientId: "kubernetes", usernamePrefix: "oidc:" } as const;
const claims = { sub: "ada", scope: "tenantry/access.read" };

/** `GET /tenants/acme/kubeconfig`, of such a tenant on such a cluster. */
async function get(tenant: Partial<Tenant> | undefined, cluster: Partial<Cluster>, headers: Record<string, string> = {}) {
  const handler = createHandler({
    store: { get: async () => tenant && aTenant({ cluster: "eu-1", ...tenant }) },
    registry: { get: async (name) => (name === "eu-1" ? aCluster({ name, ...cluster }) : undefined) },
    clock: { now: () => new Date() },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const event = httpEvent({ method: "GET", path: "/tenants/acme/kubeconfig", claims, headers });
  const { statusCode, headers: sent, body = "" } = await handler(event, { getRemainingTimeInMillis: () => 9_000 } as never);
  return { status: statusCode, headers: sent ?? {}, body };
}

const execOf = async (cluster: Partial<Cluster>) => parse((await get({}, cluster)).body).users[0].user.exec;

describe("A tenant's kubeconfig", () => {
  test("is YAML, and JSON of the same where that is asked for", async () => {
    const yaml = await get({}, { access: oidc });
    const json = await get({}, { access: oidc }, { Accept: "application/json" });
    expect([yaml.status, yaml.headers["content-type"], yaml.headers["vary"]]).toEqual([200, "application/yaml", "accept"]);
    expect([json.status, json.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(yaml.body).toMatch(/^apiVersion: v1\nkind: Config\n/);
    expect(parse(yaml.body)).toEqual(JSON.parse(json.body));
    expect(answers.Kubeconfig.safeParse(parse(yaml.body)).success).toBe(true);
  });

  test("leads to the tenant's namespace on its cluster, and holds no credential", async () => {
    const { body } = await get({}, { endpoint: "https://eks.example", certificateAuthority: "Q0E=", access: oidc });
    const read = new KubeConfig();
    read.loadFromString(body);
    expect(read.getCurrentCluster()).toMatchObject({ server: "https://eks.example", caData: "Q0E=", skipTLSVerify: false });
    expect(read.getContextObject(read.getCurrentContext())).toMatchObject({ namespace: "tenant-acme", cluster: "tenantry-eu-1" });
    expect(read.users).toEqual([{ name: "tenantry-eu-1", exec: expect.anything() }]);
    expect(body).not.toMatch(/token:|password|client-key/);
  });

  test("signs in by kubelogin where the cluster has an OIDC issuer, with every scope that it needs", async () => {
    expect(await execOf({ access: { ...oidc, extraScopes: ["email", "groups"] } })).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1",
      command: "kubectl",
      args: [
        "oidc-login",
        "get-token",
        "--oidc-issuer-url=https://login.example/",
        "--oidc-client-id=kubernetes",
        "--oidc-extra-scope=email",
        "--oidc-extra-scope=groups",
      ],
      interactiveMode: "IfAvailable",
    });
  });

  test("signs in by the AWS CLI where the cluster takes IAM identities", async () => {
    expect(await execOf({ eksClusterName: "shared", region: "eu-west-1", access: { mode: "iam", usernamePrefix: "" } })).toMatchObject({
      command: "aws",
      args: ["eks", "get-token", "--cluster-name=shared", "--region=eu-west-1", "--output=json"],
    });
  });

  test("holds a client's id that looks like an option as a value", async () => {
    const { args } = await execOf({ access: { ...oidc, clientId: "--token-cache-dir=/tmp" } });
    expect(args).toContain("--oidc-client-id=--token-cache-dir=/tmp");
  });

  test("is there while the tenant sleeps", async () => {
    expect((await get({ desired: aDesired({ suspended: true }) }, { access: oidc })).status).toBe(200);
  });

  test.each<[string, Partial<Tenant> | undefined, Partial<Cluster>, number, string]>([
    ["there is no tenant", undefined, { access: oidc }, 404, "TenantNotFound"],
    ["it is on no cluster yet", { cluster: undefined }, { access: oidc }, 409, "TenantNotPlaced"],
    ["it is being decommissioned", { desired: aDesired({ state: "Deleted" }) }, { access: oidc }, 409, "TenantDeleting"],
    [
      "it is decommissioned",
      { desired: aDesired({ state: "Deleted" }), status: { ...aTenant().status, deletedAt: "2030-01-02T00:00:00.000Z" } },
      { access: oidc },
      409,
      "TenantDeleted",
    ],
    ["nobody said how people reach its cluster", {}, {}, 409, "ClusterAccessUnknown"],
    ["its cluster is not registered any more", { cluster: "gone" }, {}, 409, "ClusterAccessUnknown"],
  ])("is refused where %s", async (_why, tenant, cluster, status, code) => {
    const answer = await get(tenant, cluster);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code]);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });
});
