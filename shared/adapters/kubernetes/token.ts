import { Sha256 } from "@aws-crypto/sha256-js";
import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Cluster } from "../../domain/cluster.ts";
import { type Clock, ClusterError } from "../../ports.ts";

/** Where the client has its bearer token from. */
export interface BearerTokens {
  /** A token that holds for a minute at least, now where one is at hand. Rejects with `ClusterError` where none can be had. */
  get(): string | Promise<string>;
  /** The API server refused this token: do not hand it out again. */
  refuse(token: string): void;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

/** Gives credentials of the cluster's role. */
export type AssumeRole = (cluster: Pick<Cluster, "roleArn" | "region">) => Promise<Credentials>;

/** The API server takes a token for 15 minutes from its signing. */
const tokenLifeMs = 14 * 60_000;

/**
 * An EKS bearer token: a presigned `sts:GetCallerIdentity` that names the cluster in a signed header, so that it serves
 * no other. Format: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
export async function signToken(
  { region, eksClusterName }: Pick<Cluster, "region" | "eksClusterName">,
  credentials: Omit<Credentials, "expiration">,
  now: Date,
): Promise<string> {
  const hostname = `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signer = new SignatureV4({ service: "sts", region, sha256: Sha256, credentials: { accessKeyId, secretAccessKey, sessionToken } });
  const { path, query } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: hostname, "x-k8s-aws-id": eksClusterName },
    },
    { expiresIn: 60, signingDate: now },
  );
  const parameters = Object.entries(query ?? {}).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}${path}?${parameters.join("&")}`).toString("base64url")}`;
}

/**
 * Assumes roles by STS. `sessionName` shows in CloudTrail and in the API server's audit log: the function's name.
 * Credentials are kept while they outlive a token signed with them.
 */
export function assumeRoleBy(stsOf: (region: string) => Pick<STSClient, "send">, sessionName: string, clock: Clock): AssumeRole {
  const kept = new Map<string, Credentials>();
  const session = sessionName.replace(/[^\w+=,.@-]/g, "-").slice(0, 64);
  return async ({ roleArn, region }) => {
    const known = kept.get(roleArn);
    if (known !== undefined && known.expiration.getTime() - clock.now().getTime() > tokenLifeMs + 120_000) return known;
    const { Credentials: given } = await stsOf(region).send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: session }));
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration)
      throw new Error("AssumeRole answered no credentials");
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = given;
    const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration };
    kept.set(roleArn, credentials);
    return credentials;
  };
}

/** Tokens of one cluster and role, each used for just under its life. Callers at the same time share one mint. */
export class EksTokens implements BearerTokens {
  readonly #cluster: Pick<Cluster, "name" | "roleArn" | "region" | "eksClusterName">;
  readonly #assumeRole: AssumeRole;
  readonly #clock: Clock;
  #current: { token: string; until: number } | undefined;
  #minting: Promise<string> | undefined;

  constructor(cluster: Pick<Cluster, "name" | "roleArn" | "region" | "eksClusterName">, assumeRole: AssumeRole, clock: Clock) {
    this.#cluster = cluster;
    this.#assumeRole = assumeRole;
    this.#clock = clock;
  }

  get(): string | Promise<string> {
    if (this.#current !== undefined && this.#clock.now().getTime() < this.#current.until) return this.#current.token;
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = undefined;
    });
    return this.#minting;
  }

  refuse(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  async #mint(): Promise<string> {
    const { name, roleArn } = this.#cluster;
    try {
      const credentials = await this.#assumeRole(this.#cluster);
      const now = this.#clock.now();
      const token = await signToken(this.#cluster, credentials, now);
      this.#current = { token, until: Math.min(now.getTime() + tokenLifeMs, credentials.expiration.getTime() - 60_000) };
      return token;
    } catch (error) {
      // The words of AWS name the function's own role, and this text reaches whoever may read the tenant: the code says enough.
      const { name: code } = error as Error;
      throw new ClusterError(undefined, "TokenUnavailable", `No token for cluster ${name}: ${roleArn} could not be assumed (${code}).`, {
        cause: error,
      });
    }
  }
}
