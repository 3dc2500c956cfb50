import type { Timestamp } from "./tenant.ts";

/** A cluster of the registry. */
export interface Cluster {
  name: string;
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
  state: "Active" | "Cordoned";
  /** Intent of its tenants is recorded, and nothing is applied. */
  paused?: boolean | undefined;
  capabilities: {
    /** The cluster enforces NetworkPolicy (EKS does not by default). */
    networkPolicy: boolean;
    /** It serves the Prometheus operator's ServiceMonitor. */
    serviceMonitor: boolean;
  };
  createdAt: Timestamp;
  updatedAt: Timestamp;
}
