import type { STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createClusterAccess } from "../../../shared/adapters/kubernetes/access.ts";
import type { Cluster } from "../../../shared/domain/cluster.ts";
import { startTlsServer, type TlsServer } from "../../support/tls-server.ts";

const never = new AbortController().signal;
const platform = { cluster: { concurrency: 1, deletions: 1, qps: 1_000, burst: 1_000, connections: 4, requestTimeoutMs: 2_000 } };
const sts = (): STSClient => {
  const Expiration = new Date(Date.now() + 3_600_000);
  return {
    send: () => Promise.resolve({ Credentials: { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c", Expiration } }),
  } as unknown as STSClient;
};
let server: TlsServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await startTlsServer();
  cluster = {
    name: "shared-1",
    version: 1,
    endpoint: server.cluster.server,
    certificateAuthority: server.cluster.caData,
    region: "eu-west-1",
    eksClusterName: "prod",
    roleArn: "arn:aws:iam::111122223333:role/tenantry-cluster-prod",
    labels: {},
    capacity: 1,
    state: "Active",
    capabilities: { networkPolicy: true, serviceMonitor: false },
    createdAt: "",
    updatedAt: "",
  };
});
afterEach(() => server.close());

test("a cluster is reached by a minted token, and each request and connection is told of", async () => {
  const seen = { requests: [] as string[], connections: 0 };
  const observe = {
    onRequest: ({ method, path }: { method: string; path: string }) => seen.requests.push(`${method} ${path}`),
    onConnect: () => (seen.connections += 1),
  };
  const access = createClusterAccess({ platform, sts, observe });
  expect(await access.connect(cluster).serves("v1", never)).toBe(true);
  expect(server.received[0]?.headers["authorization"]).toMatch(/^Bearer k8s-aws-v1\./);
  expect(seen).toEqual({ requests: ["GET /api/v1"], connections: 1 });
  await access.close();
});

test("connections are shared while endpoint, authority and role are the same, and not beyond", async () => {
  const access = createClusterAccess({ platform, sts });
  const api = access.connect(cluster);
  const changed: Cluster = { ...cluster, labels: { a: "1" }, capacity: 2 };
  expect(access.connect(changed)).toBe(api);
  for (const change of [
    { roleArn: "arn:aws:iam::111122223333:role/other" },
    { endpoint: "https://127.0.0.1:1" },
    { eksClusterName: "test" },
  ]) {
    expect(access.connect({ ...cluster, ...change })).not.toBe(api);
  }
  await access.close();
});

test("a prefix in the endpoint's path is kept", async () => {
  const access = createClusterAccess({ platform, sts });
  await access.connect({ ...cluster, endpoint: `${cluster.endpoint}/k8s/c-1/` }).serves("apps/v1", never);
  expect(server.received[0]?.path).toBe("/k8s/c-1/apis/apps/v1");
  await access.close();
});
