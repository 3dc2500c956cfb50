import { KubeConfig } from "@kubernetes/client-node";
import { CLUSTER_NAME, PROVISIONER_ROLE_ARN } from "../../local/kubernetes/authenticator.ts";
import { type FaultProxy, startFaultProxy, type Target } from "./fault-proxy.ts";
import { anId, api } from "./stack.ts";

/** The real cluster, once more in the registry, by way of a proxy that fails as the test says. */
export interface FaultyCluster {
  name: string;
  /** A tenant that requires these lands there. */
  requirements: { test: string };
  proxy: FaultProxy;
  register(): Promise<void>;
  /** Takes it out of the registry; its tenants must be gone by then. */
  remove(): Promise<void>;
}

/** The real API server, as KUBECONFIG names it. */
export function realApiServer(): Target {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(process.env["KUBECONFIG"] ?? "");
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster?.caData === undefined) throw new Error("KUBECONFIG names no cluster with certificate-authority-data.");
  return { server: cluster.server, caData: cluster.caData };
}

/**
 * Not registered yet. Its capacity is 1, beside the 10,000 of the stack's own cluster: tenants spread in proportion, so
 * those of other tests, which require nothing, practically never land here.
 */
export async function aFaultyCluster(name = anId("faulty")): Promise<FaultyCluster> {
  const proxy = await startFaultProxy(realApiServer());
  const requirements = { test: name };
  const expectStatus = (what: string, { status, body }: { status: number; body: unknown }, wanted: number[]): void => {
    if (!wanted.includes(status)) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
  };
  return {
    name,
    requirements,
    proxy,
    async register() {
      const { endpoint, certificateAuthority } = proxy;
      const identity = { roleArn: PROVISIONER_ROLE_ARN, eksClusterName: CLUSTER_NAME };
      const answer = await api("PUT", `/clusters/${name}`, {
        endpoint,
        certificateAuthority,
        ...identity,
        labels: requirements,
        capacity: 1,
      });
      expectStatus(`PUT /clusters/${name}`, answer, [200, 201]);
    },
    async remove() {
      expectStatus(`DELETE /clusters/${name}`, await api("DELETE", `/clusters/${name}`), [204, 404]);
    },
  };
}
