import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminClient } from "../../local/kubernetes/admin-client.ts";
import { kubernetesBinaries } from "../../local/kubernetes/binaries.ts";
import { createAuthority, createSigningKey } from "../../local/kubernetes/certificates.ts";
import { apiServerArgs, controllerManagerArgs, etcdArgs } from "../../local/kubernetes/flags.ts";
import { kubeconfig, webhookKubeconfig } from "../../local/kubernetes/kubeconfig.ts";
import type { Log } from "../../local/log.ts";
import { freePorts, ProcessGroup, waitFor } from "../../local/processes.ts";

export interface BenchApiServer {
  kubeconfigPath: string;
  stop(): Promise<void>;
}

/**
 * etcd and the API server alone, with the flags of the local stack: no controllers, whose work would be measured too.
 * With `controllers`, the controller manager as well: without it no namespace ever goes.
 */
export async function startApiServer(log: Log, { controllers = false } = {}): Promise<BenchApiServer> {
  const binaries = await kubernetesBinaries(log);
  const dir = await mkdtemp(join(tmpdir(), "tenantry-bench-"));
  const processes = new ProcessGroup(dir);
  const stop = async (): Promise<void> => {
    await processes.close();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [etcdPort, peerPort, apiPort, nobody] = (await freePorts(4)) as [number, number, number, number];
    const server = `https://127.0.0.1:${apiPort}`;
    const ca = createAuthority("tenantry-bench");
    const serving = ca.issue({ commonName: "kube-apiserver", hosts: ["127.0.0.1"] });
    const accounts = createSigningKey();
    const admin = ca.issue({ commonName: "tenantry-bench-admin", organizations: ["system:masters"] });
    const files = {
      "ca.pem": ca.cert,
      "serving.pem": serving.cert,
      "serving.key": serving.key,
      "service-accounts.pem": accounts.publicKey,
      "service-accounts.key": accounts.privateKey,
      "webhook.kubeconfig": webhookKubeconfig(`https://127.0.0.1:${nobody}/authenticate`, ca.cert),
      // Nobody signs in by OIDC here.
      "authentication.json": JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [] }),
      "admin.kubeconfig": kubeconfig({ server, caPem: ca.cert }, admin),
      "controller-manager.kubeconfig": kubeconfig({ server, caPem: ca.cert }, ca.issue({ commonName: "system:kube-controller-manager" })),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content, { mode: 0o600 });
    const env = { HOME: dir, PATH: process.env["PATH"] ?? "" };
    processes.start({ name: "etcd", command: binaries.etcd, args: etcdArgs(dir, etcdPort, peerPort), env });
    const apiServer = processes.start({
      name: "kube-apiserver",
      command: binaries.apiServer,
      args: apiServerArgs(dir, apiPort, etcdPort),
      env,
    });
    const client = new AdminClient(server, ca.cert, admin);
    const answers = async (path: string): Promise<true | undefined> => ((await client.send({ path })).status === 200 ? true : undefined);
    await waitFor("the API server's readiness", () => answers("/readyz"), { seconds: 60, process: apiServer });
    const crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/servicemonitors.monitoring.coreos.com";
    await client.apply(crd, await readFile(binaries.serviceMonitorCrd, "utf8"));
    await waitFor("the ServiceMonitor API", () => answers("/apis/monitoring.coreos.com/v1/servicemonitors?limit=1"), { seconds: 30 });
    client.close();
    if (controllers) {
      const args = controllerManagerArgs(dir);
      processes.start({ name: "kube-controller-manager", command: binaries.controllerManager, args, env });
    }
    return { kubeconfigPath: join(dir, "admin.kubeconfig"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
