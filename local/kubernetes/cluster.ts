import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, type ManagedProcess, type ProcessGroup, waitFor } from "../processes.ts";
import { AdminClient } from "./admin-client.ts";
import { type MappedIdentity, startAuthenticator } from "./authenticator.ts";
import type { Binaries } from "./binaries.ts";
import { type Authority, createAuthority, createSigningKey } from "./certificates.ts";
import { apiServerArgs, controllerManagerArgs, etcdArgs, kwokArgs, schedulerArgs } from "./flags.ts";
import { authenticationConfiguration, startIssuer } from "./issuer.ts";
import { kubeconfig, webhookKubeconfig } from "./kubeconfig.ts";

export interface Cluster {
  apiServerUrl: string;
  caPem: string;
  /** Issues what this cluster's clients trust, for a test that puts itself between them and the API server. */
  ca: Authority;
  /** Whose tokens the API server takes from people. */
  issuerUrl: string;
  /** A kubeconfig of system:masters, for people and tests to look with. */
  adminKubeconfigPath: string;
  admin: AdminClient;
  /** Whom the cluster knows by IAM from now on. */
  mapIdentities(identities: readonly MappedIdentity[]): Promise<void>;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  binaries: Binaries;
  dir: string;
  /** The embedded AWS; the authenticator asks its STS. */
  awsEndpoint: string;
  processes: ProcessGroup;
}

/** The real control plane of one Kubernetes cluster, with kwok playing its nodes. Everything listens on the loopback interface. */
export async function startCluster({ binaries, dir, awsEndpoint, processes }: ClusterOptions): Promise<Cluster> {
  await mkdir(dir, { recursive: true });
  const [etcdPort, etcdPeerPort, apiPort, webhookPort] = (await freePorts(4)) as [number, number, number, number];
  const apiServerUrl = `https://127.0.0.1:${apiPort}`;
  const ca = createAuthority("tenantry-local");
  const serving = ca.issue({
    commonName: "kube-apiserver",
    hosts: ["127.0.0.1", "10.96.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
  });
  const issuer = await startIssuer(ca, dir);
  const serviceAccounts = createSigningKey();
  const administrator = ca.issue({ commonName: "tenantry-local-admin", organizations: ["system:masters"] });
  const configFor = (commonName: string, organizations?: string[]): string =>
    kubeconfig({ server: apiServerUrl, caPem: ca.cert }, ca.issue({ commonName, ...(organizations && { organizations }) }));
  const write = (name: string, content: string): Promise<void> => writeFile(join(dir, name), content, { mode: 0o600 });
  await Promise.all([
    write("ca.pem", ca.cert),
    write("serving.pem", serving.cert),
    write("serving.key", serving.key),
    write("service-accounts.pem", serviceAccounts.publicKey),
    write("service-accounts.key", serviceAccounts.privateKey),
    write("webhook.kubeconfig", webhookKubeconfig(`https://127.0.0.1:${webhookPort}/authenticate`, ca.cert)),
    write("authentication.json", authenticationConfiguration(issuer.url, ca.cert)),
    write("admin.kubeconfig", kubeconfig({ server: apiServerUrl, caPem: ca.cert }, administrator)),
    write("controller-manager.kubeconfig", configFor("system:kube-controller-manager")),
    write("scheduler.kubeconfig", configFor("system:kube-scheduler")),
    write("kwok.kubeconfig", configFor("kwok", ["system:masters"])),
  ]);

  const admin = new AdminClient(apiServerUrl, ca.cert, administrator);
  const run = (name: string, command: string, args: string[]): ManagedProcess =>
    processes.start({ name, command, args, env: { HOME: dir, PATH: process.env["PATH"] ?? "" } });

  const etcd = run("etcd", binaries.etcd, etcdArgs(dir, etcdPort, etcdPeerPort));
  const authenticator = await startAuthenticator({
    binary: binaries.authenticator,
    dir: join(dir, "authenticator"),
    port: webhookPort,
    ca,
    awsEndpoint,
    processes,
  });
  let apiServer: ManagedProcess | undefined;
  const startApiServer = async (): Promise<void> => {
    apiServer = run("kube-apiserver", binaries.apiServer, apiServerArgs(dir, apiPort, etcdPort));
    await waitFor("the API server's readiness", async () => ((await admin.send({ path: "/readyz" })).status === 200 ? true : undefined), {
      seconds: 60,
      process: apiServer,
    });
  };
  const others: ManagedProcess[] = [];
  const stop = async (): Promise<void> => {
    admin.close();
    await authenticator.stop();
    // Nothing of it is kept, so nobody waits for watches to close or data to be flushed.
    await Promise.all([...others, apiServer, etcd].map((part) => part?.stop({ signal: "SIGKILL" })));
    await issuer.stop();
  };
  try {
    await startApiServer();
    others.push(
      run("kube-controller-manager", binaries.controllerManager, controllerManagerArgs(dir)),
      run("kube-scheduler", binaries.scheduler, schedulerArgs(dir)),
      run("kwok", binaries.kwok, kwokArgs(dir, binaries.kwokStages)),
    );
    await Promise.all([addNodes(admin), addServiceMonitors(admin, binaries.serviceMonitorCrd)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    apiServerUrl,
    caPem: ca.cert,
    ca,
    issuerUrl: issuer.url,
    adminKubeconfigPath: join(dir, "admin.kubeconfig"),
    admin,
    startApiServer,
    mapIdentities: authenticator.map,
    stopApiServer: async () => await apiServer?.stop({ signal: "SIGKILL" }),
    stop,
  };
}

async function addNodes(admin: AdminClient): Promise<void> {
  for (const name of ["node-1", "node-2"]) {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" } },
    };
    await admin.apply(`/api/v1/nodes/${name}`, JSON.stringify(node));
  }
}

async function addServiceMonitors(admin: AdminClient, crdFile: string): Promise<void> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/servicemonitors.monitoring.coreos.com";
  await admin.apply(path, await readFile(crdFile, "utf8"));
  await waitFor(
    "the ServiceMonitor API",
    async () => ((await admin.send({ path: "/apis/monitoring.coreos.com/v1/servicemonitors?limit=1" })).status === 200 ? true : undefined),
    { seconds: 30 },
  );
}
