import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManagedProcess, ProcessGroup } from "../processes.ts";
import type { Authority } from "./certificates.ts";
import { type StsGateway, startStsGateway } from "./sts-gateway.ts";

/** The name that a token for this cluster is signed for, as `aws eks get-token --cluster-name` would. */
export const CLUSTER_NAME = "local";
export const PROVISIONER_ROLE_ARN = "arn:aws:iam::000000000000:role/tenantry-cluster-local";
export const PROVISIONER_GROUP = "tenantry:provisioner";

export interface Authenticator {
  process: ManagedProcess;
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
      mapRoles: [{ roleARN: PROVISIONER_ROLE_ARN, username: `${PROVISIONER_GROUP}:{{SessionName}}`, groups: [PROVISIONER_GROUP] }],
    },
  };
  await Promise.all([
    writeFile(join(dir, "cert.pem"), serving.cert),
    writeFile(join(dir, "key.pem"), serving.key, { mode: 0o600 }),
    writeFile(join(dir, "config.yaml"), JSON.stringify(config, undefined, 2)),
    writeFile(join(dir, "ca.pem"), ca.cert),
  ]);
  const gateway: StsGateway = await startStsGateway(ca, options.awsEndpoint);
  const process = options.processes.start({
    name: "aws-iam-authenticator",
    command: options.binary,
    args: ["server", "--config", join(dir, "config.yaml"), "--backend-mode", "MountedFile"],
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
    stop: async () => {
      await process.stop({ signal: "SIGKILL" });
      await gateway.stop();
    },
  };
}
