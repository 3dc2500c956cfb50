import { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import { TenantryError } from "../../domain/errors.ts";
import { slowAwsClient } from "../aws.ts";

/** Where a cluster's API server is, and whom to trust there. */
export interface ClusterAddress {
  /** `https://` URL. */
  endpoint: string;
  /** PEM bundle, base64. */
  certificateAuthority: string;
}

/** With deadlines, since somebody waits for the answer. */
const eksClient = (region: string): EKSClient => new EKSClient({ ...slowAwsClient, region });

export type DescribeCluster = (name: string, region: string) => Promise<ClusterAddress>;

/**
 * Reads a cluster's address by EKS `DescribeCluster`. Throws `TenantryError`: `ClusterNotFound` where EKS knows none of
 * that name in the region; `ClusterUnreachable` where it may not be read, is not ACTIVE, or EKS does not answer.
 */
export function describeClusterBy(eksOf: (region: string) => Pick<EKSClient, "send"> = eksClient): DescribeCluster {
  return async (name, region) => {
    const named = `EKS cluster "${name}" in ${region}`;
    const { cluster } = await eksOf(region)
      .send(new DescribeClusterCommand({ name }))
      .catch((cause: unknown) => {
        const { name: code } = cause as Error;
        if (code === "ResourceNotFoundException") throw new TenantryError("ClusterNotFound", `${named} does not exist.`, { cause });
        const words = code.includes("AccessDenied") ? "may not be read: eks:DescribeCluster is denied" : `could not be read: ${code}`;
        throw new TenantryError("ClusterUnreachable", `${named} ${words}.`, { cause });
      });
    // EKS keeps serving while it updates a cluster.
    if (cluster?.status !== "ACTIVE" && cluster?.status !== "UPDATING") {
      throw new TenantryError("ClusterUnreachable", `${named} is ${cluster?.status ?? "unknown"}, not ACTIVE.`);
    }
    const { endpoint, certificateAuthority } = cluster;
    if (!endpoint || !certificateAuthority?.data) {
      throw new TenantryError("ClusterUnreachable", `${named} shows no endpoint or no certificate authority. Register it with both given.`);
    }
    return { endpoint, certificateAuthority: certificateAuthority.data };
  };
}

export const describeCluster: DescribeCluster = describeClusterBy();
