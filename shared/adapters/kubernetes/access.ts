import { STSClient } from "@aws-sdk/client-sts";
import type { ClusterConnection } from "../../domain/cluster.ts";
import type { Platform } from "../../domain/platform.ts";
import type { Clock, ClusterAccess } from "../../ports.ts";
import { slowAwsClient } from "../aws.ts";
import { KubernetesClient } from "./client.ts";
import { Connections } from "./dispatcher.ts";
import { kubeClusterOf } from "./kubeconfig.ts";
import { type RequestSettings, Requests } from "./request.ts";
import { type AssumeRole, assumeRoleBy, EksTokens } from "./token.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface ClusterAccessOptions {
  /** `config/tenantry.ts`, of which `cluster` is read: qps, burst, connections, requestTimeoutMs. */
  platform: Pick<Platform, "cluster">;
  /** An STS client for a region; by default one with the function's own credentials. */
  sts?: ((region: string) => Pick<STSClient, "send">) | undefined;
  /** Shows in CloudTrail and in the API server's audit log; by default the function's name. */
  sessionName?: string | undefined;
  clock?: Clock | undefined;
  /** Told of each request sent and each connection opened: for counting. */
  observe?: { onRequest?: RequestSettings["onRequest"]; onConnect?: (() => void) | undefined } | undefined;
}

/**
 * Connects to clusters with tokens minted in this process. What is costly (connections, tokens, the token bucket) is kept
 * for as long as endpoint, CA and role are the same. Throws `ClusterError` for an endpoint that cannot be spoken to safely.
 */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess & { close(): Promise<void> } {
  const { platform, observe, clock = { now: () => new Date() } } = options;
  const { qps, burst, connections: most, requestTimeoutMs } = platform.cluster;
  const sessionName = options.sessionName ?? process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "tenantry";
  const assumeRole: AssumeRole = assumeRoleBy(options.sts ?? stsClients(), sessionName, clock);
  const known = new Map<string, { api: KubernetesClient; connections: Connections }>();

  const open = (cluster: ClusterConnection): { api: KubernetesClient; connections: Connections } => {
    const connections = new Connections(kubeClusterOf(cluster), {
      connections: most,
      connectTimeoutMs: requestTimeoutMs,
      onConnect: observe?.onConnect,
    });
    const tokens = new EksTokens(cluster, assumeRole, clock);
    const bucket = new TokenBucket({ qps, burst });
    const settings: RequestSettings = { requestTimeoutMs, onRequest: observe?.onRequest };
    return { api: new KubernetesClient(new Requests({ connections, tokens, bucket, settings })), connections };
  };

  return {
    connect(cluster) {
      const key = JSON.stringify([cluster.endpoint, cluster.certificateAuthority, cluster.roleArn, cluster.region, cluster.eksClusterName]);
      const entry = known.get(key) ?? open(cluster);
      known.set(key, entry);
      return entry.api;
    },
    async close() {
      await Promise.all([...known.values()].map(({ connections }) => connections.close()));
      known.clear();
    },
  };
}

/** One STS client a region, with deadlines: a token is on the path of a caller who waits. */
function stsClients(): (region: string) => STSClient {
  const clients = new Map<string, STSClient>();
  return (region) => {
    const client = clients.get(region) ?? new STSClient({ ...slowAwsClient, region });
    clients.set(region, client);
    return client;
  };
}
