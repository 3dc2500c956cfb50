import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import platform from "../config/tenantry.ts";
import { awsEnv, type Deployment, deploy } from "./aws/deploy.ts";
import { type EksEndpoint, startEksEndpoint } from "./aws/eks-endpoint.ts";
import { functionLogs, functionProblems } from "./aws/function-logs.ts";
import { functionWorkers } from "./aws/function-workers.ts";
import { type Aws, ministackPython, startMinistack } from "./aws/ministack.ts";
import { createEksCluster } from "./aws/operator.ts";
import { ALL_SCOPES, fetchToken } from "./aws/token.ts";
import { CLUSTER_NAME, PROVISIONER_ROLE_ARN } from "./kubernetes/authenticator.ts";
import { kubernetesBinaries } from "./kubernetes/binaries.ts";
import { applyBootstrap } from "./kubernetes/bootstrap.ts";
import { type Cluster, startCluster } from "./kubernetes/cluster.ts";
import { createIdentitySecrets } from "./identity-secrets.ts";
import { CLIENT_ID, USERNAME_PREFIX } from "./kubernetes/issuer.ts";
import { type Log, Steps } from "./log.ts";
import { endLeftovers, freePorts, ProcessGroup } from "./processes.ts";

export interface StackOptions {
  /** Everything of the stack lives here; what is there is deleted first. */
  dataDir: string;
  log: Log;
  /** Taken where they are free. */
  preferredAwsPort?: number;
  steps?: Steps;
  /** Gives up bringing the stack up, or ends it at once. */
  signal?: AbortSignal;
  /** Without it there is the embedded AWS and Kubernetes, and nothing in them. */
  deploy?: boolean;
  /** Parameters of serverless.yml, besides those of the stage. */
  params?: Record<string, string>;
  /** The embedded AWS can be restarted with its state. */
  persist?: boolean;
}

export interface Stack {
  /** What `.local/stack.env` holds (docs: the public contract). */
  env: Record<string, string>;
  aws: Aws & {
    /** An access token with just these scopes. */
    token(scopes?: string[]): Promise<string>;
    /** The processes that run a function now, by the function's key in serverless.yml. */
    functionWorkers(functionKey: string): Promise<number[]>;
    /** What a function logged so far, by its key; and the warnings and errors of all of them. */
    functionLogs(functionKey: string): Promise<string[]>;
    functionProblems(): Promise<string[]>;
    eks: EksEndpoint;
  };
  kubernetes: Cluster;
  /** Applies the bootstrap manifest and registers the cluster by the API, as an operator would. */
  registerCluster(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Brings up the embedded AWS and Kubernetes side by side and deploys the service. Any number of stacks may run at once,
 * each on ports of its own. On failure, nothing is left running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, log } = options;
  const ended = await endLeftovers(dataDir);
  if (ended.length > 0) log(`ended what an earlier run left behind: ${ended.join(", ")}`);
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const processes = new ProcessGroup(dataDir);
  options.signal?.addEventListener("abort", () => void processes.close(), { once: true });
  // Servers in this process, which would keep it alive.
  const servers: (() => Promise<void>)[] = [];
  try {
    options.signal?.throwIfAborted();
    return await bringUp(options, processes, servers);
  } catch (error) {
    await Promise.allSettled(servers.map((stop) => stop()));
    await processes.close();
    throw error;
  }
}

async function bringUp(options: StackOptions, processes: ProcessGroup, servers: (() => Promise<void>)[]): Promise<Stack> {
  const { dataDir, log, steps = new Steps(log) } = options;
  const [port] = (await freePorts(1, options.preferredAwsPort ? [options.preferredAwsPort] : [])) as [number];
  const awsEndpoint = `http://127.0.0.1:${port}`;
  const eks = await startEksEndpoint(awsEndpoint);
  servers.push(() => eks.stop());

  const awsUp = (async () => {
    const python = await ministackPython(log);
    return await steps.run("embedded AWS is up", () => {
      const functionEnv = { AWS_ENDPOINT_URL_EKS: eks.url };
      return startMinistack({ python, port, dir: join(dataDir, "aws"), processes, functionEnv, persist: options.persist });
    });
  })();
  const deployed = awsUp.then(async (aws) => {
    if (options.deploy === false) return undefined;
    const secrets = await createIdentitySecrets(aws);
    return { ...(await steps.run("service is deployed", () => deploy(aws, processes, log, options.params))), secrets };
  });
  const clusterUp = (async () => {
    const binaries = await kubernetesBinaries(log);
    const cluster = await steps.run("embedded Kubernetes is up", () =>
      startCluster({ binaries, dir: join(dataDir, "kubernetes"), awsEndpoint, processes }),
    );
    servers.push(() => cluster.stop());
    return cluster;
  })();
  // Wait for all of them even if one fails, so that nothing is started after the end.
  const results = await Promise.allSettled([awsUp, deployed, clusterUp] as const);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  const [aws, deployment, kubernetes] = await Promise.all([awsUp, deployed, clusterUp]);

  await createEksCluster(aws, CLUSTER_NAME, PROVISIONER_ROLE_ARN);
  const { apiServerUrl: endpoint, caPem, mapIdentities } = kubernetes;
  eks.announce({ name: CLUSTER_NAME, endpoint, caPem, entriesChanged: mapIdentities });
  const token = async (scopes?: string[]): Promise<string> => {
    if (!deployment) throw new Error("nothing is deployed");
    return await fetchToken(aws, deployment, scopes);
  };
  const env = {
    ...awsEnv(aws),
    KUBECONFIG: kubernetes.adminKubeconfigPath,
    ...(deployment && serviceEnv(deployment, await token(ALL_SCOPES))),
  };
  return {
    env,
    aws: {
      ...aws,
      token,
      eks,
      functionWorkers: (key) => functionWorkers(dataDir, key),
      functionLogs: (key) => functionLogs(aws, key),
      functionProblems: () => functionProblems(aws),
    },
    kubernetes,
    registerCluster: async () => {
      await steps.run("cluster is bootstrapped", () => applyBootstrap(kubernetes, log));
      await steps.run("cluster is registered", () => registerCluster(env, kubernetes.issuerUrl));
    },
    stop: async () => {
      await kubernetes.stop();
      await aws.stop();
      await eks.stop();
      await processes.close();
    },
  };
}

/** The provider whose SCIM token the stack tells of; the others' are told by `npm run secret`. */
const SCIM_REF = platform.identity.providers["entra"]?.scim?.token ?? "";

function serviceEnv(deployment: Deployment & { secrets: Map<string, string> }, token: string): Record<string, string> {
  return {
    TENANTRY_API_URL: deployment.apiUrl,
    TENANTRY_TOKEN: token,
    TENANTRY_SCIM_TOKEN: deployment.secrets.get(SCIM_REF) ?? "",
    TENANTRY_EVENT_BUS: deployment.eventBus,
    TENANTRY_TABLE: deployment.table,
  };
}

async function registerCluster(env: Record<string, string>, issuerUrl: string): Promise<void> {
  const access = { mode: "oidc", issuerUrl, clientId: CLIENT_ID, usernamePrefix: USERNAME_PREFIX };
  const response = await fetch(`${env["TENANTRY_API_URL"]}/clusters/${CLUSTER_NAME}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${env["TENANTRY_TOKEN"]}`, "content-type": "application/json" },
    body: JSON.stringify({ roleArn: PROVISIONER_ROLE_ARN, eksClusterName: CLUSTER_NAME, access }),
    signal: AbortSignal.timeout(35_000),
  });
  if (!response.ok) throw new Error(`PUT /clusters/${CLUSTER_NAME}: ${response.status} ${await response.text()}`);
}
