import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManagedProcess, ProcessGroup } from "../processes.ts";
import type { Authority } from "./certificates.ts";
import { type StsGateway, startStsGateway } from "./sts-gateway.ts";

/** The name that a token for this cluster is signed for, as `aws eks get-token --cluster-name` would. */
export const CLUSTER_NAME = "local";
export const PROVISIONER_ROLE_ARN = "arn:aws:iam::000000000000:role/tenantry-cluster-local";
export const PROVISIONER_GROUP = "tenantry:provisioner";

/** An access entry as EKS tells it: who an IAM user or role is in the cluster. */
export interface MappedIdentity {
  principalArn: string;
  username: string;
  kubernetesGroups: string[];
}

export interface Authenticator {
  process: ManagedProcess;
  /** Who is mapped from now on, besides the provisioner. */
  map(identities: readonly MappedIdentity[]): Promise<void>;
  stop(): Promise<void>;
}

export interface AuthenticatorOptions {
  binary: string;
  dir: string;
  port: number;
  ca: Authority;
  awsEndpoint: string;
  processes: ProcessGroup;
}

/** The authenticator reads it again whenever it is written, as that of EKS follows the access entries. */
const ENTRIES = "access-entries.json";

function mapOf(identities: readonly MappedIdentity[]): object {
  const of = (kind: "user" | "role"): MappedIdentity[] => identities.filter(({ principalArn }) => principalArn.includes(`:${kind}/`));
  return {
    mapUsers: of("user").map(({ principalArn, username, kubernetesGroups: groups }) => ({ userarn: principalArn, username, groups })),
    mapRoles: of("role").map(({ principalArn, username, kubernetesGroups: groups }) => ({ rolearn: principalArn, username, groups })),
  };
}

/**
 * The upstream aws-iam-authenticator as the API server's token webhook, as on EKS. It asks STS by name over HTTPS who
 * signed a token; the gateway answers under that name with a certificate of our CA, which this one process trusts.
 */
export async function startAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { dir, port, ca } = options;
  await mkdir(dir, { recursive: true });
  const serving = ca.issue({ commonName: "aws-iam-authenticator", hosts: ["127.0.0.1", "localhost"] });
  const config = {
    clusterID: CLUSTER_NAME,
    server: {
      address: "127.0.0.1",
      hostname: "127.0.0.1",
      port,
      stateDir: dir,
      generateKubeconfig: join(dir, "webhook.generated"),
      dynamicfilepath: join(dir, ENTRIES),
      mapRoles: [{ roleARN: PROVISIONER_ROLE_ARN, username: `${PROVISIONER_GROUP}:{{SessionName}}`, groups: [PROVISIONER_GROUP] }],
    },
  };
  await Promise.all([
    writeFile(join(dir, "cert.pem"), serving.cert),
    writeFile(join(dir, "key.pem"), serving.key, { mode: 0o600 }),
    writeFile(join(dir, "config.yaml"), JSON.stringify(config, undefined, 2)),
    writeFile(join(dir, "ca.pem"), ca.cert),
  ]);
  const map = (identities: readonly MappedIdentity[]): Promise<void> => writeFile(join(dir, ENTRIES), JSON.stringify(mapOf(identities)));
  await map([]);
  const gateway: StsGateway = await startStsGateway(ca, options.awsEndpoint);
  const process = options.processes.start({
    name: "aws-iam-authenticator",
    command: options.binary,
    args: ["server", "--config", join(dir, "config.yaml"), "--backend-mode", "MountedFile,DynamicFile"],
    env: {
      HOME: dir,
      HTTPS_PROXY: gateway.proxyUrl,
      SSL_CERT_FILE: join(dir, "ca.pem"),
      AWS_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  return {
    process,
    map,
    stop: async () => {
      await process.stop({ signal: "SIGKILL" });
      await gateway.stop();
    },
  };
}
