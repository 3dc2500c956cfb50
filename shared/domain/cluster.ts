import type { Timestamp } from "./tenant.ts";

/**
 * How people reach a cluster. `usernamePrefix` and a user's id make the name under which the API server knows the user, and
 * to which grants bind.
 * - `oidc`: by tokens of an issuer that the API server is configured with, for the public client `clientId`;
 * - `iam`: by AWS identities that EKS access entries map to such names.
 */
export type AccessSettings =
  | { mode: "oidc"; issuerUrl: string; clientId: string; usernamePrefix: string; extraScopes?: string[] | undefined }
  | { mode: "iam"; usernamePrefix: string };

/** A cluster of the registry. */
export interface Cluster {
  name: string;
  /** Grows with every write: each holds only on what it read. */
  version: number;
  /** `https://` URL of the API server. */
  endpoint: string;
  /** PEM bundle, base64, as EKS gives it. */
  certificateAuthority: string;
  region: string;
  /** The name that tokens are signed for (`x-k8s-aws-id`). */
  eksClusterName: string;
  /** IAM role that functions assume for this cluster. */
  roleArn: string;
  labels: Record<string, string>;
  /** Weight in placement: tenants spread in proportion. 0 takes none. */
  capacity: number;
  /** `Cordoned` and `Removing` take no new tenants; a removal marks the cluster before it looks for tenants. */
  state: "Active" | "Cordoned" | "Removing";
  /** Intent of its tenants is recorded, and nothing is applied. */
  paused?: boolean | undefined;
  capabilities: {
    /** The cluster enforces NetworkPolicy (EKS does not by default). */
    networkPolicy: boolean;
    /** It serves the Prometheus operator's ServiceMonitor. */
    serviceMonitor: boolean;
  };
  /** Unknown where absent: nobody is handed a kubeconfig. */
  access?: AccessSettings | undefined;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

/** What it takes to speak to a cluster. */
export type ClusterConnection = Pick<Cluster, "name" | "endpoint" | "certificateAuthority" | "region" | "eksClusterName" | "roleArn">;
