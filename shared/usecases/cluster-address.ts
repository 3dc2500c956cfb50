import type { ClusterBody } from "../../events/bodies/cluster.ts";
import type { Cluster, ClusterConnection } from "../domain/cluster.ts";
import { isListed } from "../domain/endpoint-hosts.ts";
import { TenantryError } from "../domain/errors.ts";

export interface AddressPorts {
  /** Endpoint and CA (base64 PEM) of an EKS cluster of our own account. */
  describe: (eksClusterName: string, region: string) => Promise<Address>;
  /** Hosts (`shared/domain/endpoint-hosts.ts`) of other clusters that an operator trusts. */
  endpointHosts: readonly string[];
  defaultRegion: string;
}

type Address = Pick<Cluster, "endpoint" | "certificateAuthority">;

/**
 * Where a cluster that is to be registered is reached. Whoever gets a token of ours can act as the provisioner at the real
 * cluster, so none goes to an endpoint that only the caller vouches for: it is the one that EKS tells of our own account, or an
 * operator listed its host. Throws `EndpointNotAllowed`, `ClusterNotFound`, `ClusterUnreachable`.
 */
export async function addressOf(
  name: string,
  body: ClusterBody,
  before: Cluster | undefined,
  ports: AddressPorts,
): Promise<ClusterConnection> {
  const region = body.region ?? before?.region ?? ports.defaultRegion;
  const eksClusterName = body.eksClusterName ?? before?.eksClusterName ?? name;
  const { endpoint, certificateAuthority } = body;
  const given = endpoint === undefined || certificateAuthority === undefined ? undefined : { endpoint, certificateAuthority };
  const isTrusted = given !== undefined && isListed(given.endpoint, ports.endpointHosts);
  const address = isTrusted ? given : await ownAddress(eksClusterName, region, given, ports);
  return { name, ...address, region, eksClusterName, roleArn: body.roleArn };
}

/** The address that EKS tells; one that was given must be the same. */
async function ownAddress(
  eksClusterName: string,
  region: string,
  given: Address | undefined,
  { describe }: AddressPorts,
): Promise<Address> {
  const named = `EKS cluster "${eksClusterName}" in ${region}`;
  const refuse = (why: string, cause?: unknown): never => {
    throw new TenantryError("EndpointNotAllowed", `${why} The host of another cluster is listed in the parameter clusterEndpointHosts.`, {
      issues: [{ pointer: "/endpoint", detail: "not an endpoint that credentials may go to" }],
      cause,
    });
  };
  const own = await describe(eksClusterName, region).catch((error: unknown) => {
    if (given === undefined || !(error instanceof TenantryError) || error.code !== "ClusterNotFound") throw error;
    return refuse(`This account has no ${named}.`, error);
  });
  if (given !== undefined && !isSame(given, own))
    refuse(`The endpoint or the certificate authority is not that of ${named}: leave both out, and they are read from EKS.`);
  return own;
}

const isSame = (a: Address, b: Address): boolean =>
  new URL(a.endpoint).href === new URL(b.endpoint).href && pem(a.certificateAuthority) === pem(b.certificateAuthority);

const pem = (base64: string): string => Buffer.from(base64, "base64").toString("latin1").trim();
