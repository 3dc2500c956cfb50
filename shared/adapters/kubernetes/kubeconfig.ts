import type { Context, Cluster as KubeCluster, User } from "@kubernetes/client-node";
import type { Cluster } from "../../domain/cluster.ts";

/** What `KubeConfig.loadFromOptions` of @kubernetes/client-node takes. */
export interface KubeConfigOptions {
  clusters: KubeCluster[];
  users: User[];
  contexts: Context[];
  currentContext: string;
}

/** A registry cluster as a kubeconfig's cluster. TLS is always verified, against the cluster's own CA. */
export function kubeClusterOf(cluster: Pick<Cluster, "name" | "endpoint" | "certificateAuthority">): KubeCluster {
  return { name: cluster.name, server: cluster.endpoint, caData: cluster.certificateAuthority, skipTLSVerify: false };
}

/**
 * A kubeconfig for a cluster and a bearer token: `new KubeConfig().loadFromOptions(kubeConfigOf(cluster, token))`.
 * Only the types of @kubernetes/client-node are used here; why is told in docs/adr/0002.
 */
export function kubeConfigOf(cluster: Pick<Cluster, "name" | "endpoint" | "certificateAuthority">, token: string): KubeConfigOptions {
  const { name } = cluster;
  return {
    clusters: [kubeClusterOf(cluster)],
    users: [{ name, token }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  };
}
