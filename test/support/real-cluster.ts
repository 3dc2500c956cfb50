import { type Cluster as KubeCluster, CoreV1Api, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { KubernetesClient } from "../../shared/adapters/kubernetes/client.ts";
import { Connections } from "../../shared/adapters/kubernetes/dispatcher.ts";
import { Requests, type RequestSettings } from "../../shared/adapters/kubernetes/request.ts";
import type { BearerTokens } from "../../shared/adapters/kubernetes/token.ts";
import { TokenBucket } from "../../shared/adapters/kubernetes/token-bucket.ts";

/** A token that is simply there. */
export const fixedToken = (token: string): BearerTokens => ({ get: () => token, refuse: () => {} });

export interface ClientOptions {
  cluster: Pick<KubeCluster, "name" | "server" | "caData">;
  tokens: BearerTokens;
  connections?: number;
  onConnect?: () => void;
  settings?: Partial<RequestSettings>;
  pace?: { qps: number; burst: number };
}

/** A client as `createClusterAccess` makes it, with the parts given. */
export function makeClient({
  cluster,
  tokens,
  connections: most = 16,
  onConnect,
  settings,
  pace = { qps: 10_000, burst: 10_000 },
}: ClientOptions): {
  api: KubernetesClient;
  close(): Promise<void>;
} {
  const all: RequestSettings = { requestTimeoutMs: 5_000, ...settings };
  const connections = new Connections(cluster, { connections: most, connectTimeoutMs: all.requestTimeoutMs, onConnect });
  const requests = new Requests({ connections, tokens, bucket: new TokenBucket(pace), settings: all });
  return { api: new KubernetesClient(requests), close: () => connections.close() };
}

/** The cluster that KUBECONFIG names, and a bearer token of its administrator (one is asked for where the kubeconfig holds a certificate). */
export async function administrator(): Promise<{ cluster: KubeCluster & { caData: string }; token: string; kubeConfig: KubeConfig }> {
  const path = process.env["KUBECONFIG"];
  if (!path) throw new Error("KUBECONFIG is not set: these tests need the kubeconfig of a running API server.");
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster?.caData) throw new Error(`${path} holds no cluster with certificate-authority-data.`);
  const token = kubeConfig.getCurrentUser()?.token ?? (await askToken(kubeConfig));
  return { cluster: { ...cluster, caData: cluster.caData }, token, kubeConfig };
}

async function askToken(kubeConfig: KubeConfig): Promise<string> {
  const name = "tenantry-tests";
  const objects = KubernetesObjectApi.makeApiClient(kubeConfig);
  const apply = (object: object): Promise<unknown> =>
    objects.patch(object, undefined, undefined, name, true, "application/apply-patch+yaml" as never);
  await apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "default" } });
  await apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });
  const body = { spec: { audiences: [], expirationSeconds: 3_600 } };
  const { status } = await kubeConfig.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({ name, namespace: "default", body });
  if (!status?.token) throw new Error("The API server gave no token.");
  return status.token;
}
