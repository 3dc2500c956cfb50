import { describe, expect, jest, test } from "@jest/globals";
import { parse } from "yaml";
import { readFileSync } from "node:fs";
import type { Cluster } from "../../../shared/domain/cluster.ts";
import { endpointHosts } from "../../../shared/domain/endpoint-hosts.ts";
import { TenantryError } from "../../../shared/domain/errors.ts";
import { type RegistrationPorts, registerCluster } from "../../../shared/usecases/register-cluster.ts";
import { platform } from "../../support/builders.ts";
import { aBootstrappedCluster } from "../../support/memory-cluster.ts";
import { MemoryRegistry } from "../../support/memory-table.ts";

const roleArn = "arn:aws:iam::111122223333:role/tenantry-cluster-prod";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const certificateAuthority = base64("-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----");
const own = { endpoint: "https://ABC.gr7.eu-central-1.eks.amazonaws.com", certificateAuthority };

/** Registers with these hosts listed; `connect` is where a token would go. */
async function register(body: { endpoint?: string; certificateAuthority?: string; eksClusterName?: string }, listed = "") {
  const connect = jest.fn((_cluster: Pick<Cluster, "endpoint">) => aBootstrappedCluster(platform));
  const ports: RegistrationPorts = {
    registry: new MemoryRegistry([]),
    dedupes: { findDedupe: async () => undefined },
    dedupeDays: 30,
    platform,
    clusters: { connect },
    describe: async (name) => {
      if (name !== "prod") throw new TenantryError("ClusterNotFound", `EKS cluster "${name}" does not exist.`);
      return own;
    },
    endpointHosts: endpointHosts.parse(listed),
    defaultRegion: "eu-central-1",
    clock: { now: () => new Date("2030-01-01T00:00:00Z") },
  };
  const end = await registerCluster("prod", { roleArn, ...body }, ports).then(
    ({ cluster }) => cluster.endpoint,
    (error: TenantryError) => error,
  );
  return { end, asked: connect.mock.calls.map(([{ endpoint }]) => endpoint) };
}

const refused = { end: { code: "EndpointNotAllowed", issues: [{ pointer: "/endpoint" }] }, asked: [] };

describe("The endpoint of a cluster that is registered", () => {
  test("is what EKS tells of the own account, where none is given", async () => {
    expect(await register({})).toEqual({ end: own.endpoint, asked: [own.endpoint] });
  });

  test("may be given where it is the same, in whatever case its host is written", async () => {
    for (const endpoint of [own.endpoint, own.endpoint.toLowerCase(), `${own.endpoint}:443`])
      expect((await register({ endpoint, certificateAuthority })).asked).toHaveLength(1);
  });

  test.each([
    ["another host", { ...own, endpoint: "https://evil.example" }],
    ["another cluster of EKS", { ...own, endpoint: "https://DEF.gr7.eu-central-1.eks.amazonaws.com" }],
    ["the same host, another port", { ...own, endpoint: `${own.endpoint}:8443` }],
    ["the same host, another path", { ...own, endpoint: `${own.endpoint}/relay` }],
    ["a host that begins alike", { ...own, endpoint: `${own.endpoint}.evil.example` }],
    ["an authority of the caller's own", { ...own, certificateAuthority: base64("-----BEGIN CERTIFICATE-----\ntheirs\n") }],
    ["a cluster that the account does not have", { ...own, eksClusterName: "elsewhere" }],
    ["the address of the instance metadata service", { ...own, endpoint: "https://169.254.169.254" }],
  ])("is refused before a token is made for it: %s", async (_what, body) => {
    expect(await register(body)).toMatchObject(refused);
  });

  test("may be another where an operator listed its host, and that host alone", async () => {
    const elsewhere = { endpoint: "https://api.example.com:6443", certificateAuthority, eksClusterName: "elsewhere" };
    for (const listed of ["api.example.com", "api.example.com:6443", "10.0.0.1, api.example.com"])
      expect((await register(elsewhere, listed)).asked).toEqual([elsewhere.endpoint]);
    for (const listed of ["", "example.com", "api.example.com:8443", "api.example.com.evil.example", "10.0.0.1"])
      expect(await register(elsewhere, listed)).toMatchObject(refused);
  });
});

describe("The list of hosts", () => {
  test.each([
    "https://api.example.com",
    "*.example.com",
    "api.example.com:443",
    "api.example.com/",
    "user@api.example.com",
    "API.example.com",
    "a b",
    "a,b/c",
  ])("is refused with %s", (text) => {
    expect(endpointHosts.safeParse(text).success).toBe(false);
  });

  test("is empty unless an operator fills it, and names the loopback address alone on the local stack", () => {
    const { params } = parse(readFileSync("serverless.yml", "utf8"), { logLevel: "error" });
    expect(endpointHosts.parse(params.default.clusterEndpointHosts)).toEqual([]);
    expect(endpointHosts.parse(params.local.clusterEndpointHosts)).toEqual(["127.0.0.1"]);
  });
});
