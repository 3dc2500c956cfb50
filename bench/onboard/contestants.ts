import { spawn } from "node:child_process";
import { type KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { Pool } from "undici";
import { versions } from "../../local/versions.ts";
import platform from "../../config/tenantry.ts";
import { pathOf } from "../../shared/adapters/kubernetes/path.ts";
import { refOf } from "../../shared/adapters/kubernetes/client.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { tenantObjects } from "../../shared/manifests/index.ts";
import { decide } from "../../shared/reconcile/decide.ts";
import { observe } from "../../shared/reconcile/observe.ts";
import { perform } from "../../shared/reconcile/perform.ts";
import { aCluster } from "../../test/support/builders.ts";
import { fixedToken, makeClient } from "../../test/support/real-cluster.ts";

export interface Target {
  server: string;
  caData: string;
  token: string;
  kubeConfig: KubeConfig;
  kubeconfigPath: string;
  kubectl: string;
}

/** Who is measured. `prepare` is not measured; `onboard` brings one tenant's objects into the cluster. */
export interface Contestant<Prepared = unknown> {
  name: string;
  prepare(tenant: Tenant): Prepared;
  onboard(prepared: Prepared): Promise<void>;
  /** Requests sent and connections opened so far, where it can tell. */
  counts?(): { requests: number; connections: number };
  close?(): Promise<void>;
}

const installation = "bench";
const cluster = aCluster();
const never = new AbortController().signal;
export const objectsOf = (tenant: Tenant): KubernetesObject[] => tenantObjects(tenant, platform, cluster, installation);

/** The cluster stage as reconcile runs it: generate, observe, decide, apply in two waves. Only its token bucket is opened wide. */
export function tenantry({ server, caData, token }: Target): Contestant<Tenant> {
  const counts = { requests: 0, connections: 0 };
  const { connections, requestTimeoutMs } = platform.cluster;
  const { api, close } = makeClient({
    cluster: { name: "bench", server, caData },
    tokens: fixedToken(token),
    connections,
    onConnect: () => (counts.connections += 1),
    settings: { requestTimeoutMs, onRequest: () => (counts.requests += 1) },
    pace: { qps: 1e6, burst: 1e6 },
  });
  return {
    name: "tenantry",
    prepare: (tenant) => tenant,
    async onboard(tenant) {
      const { errors } = await perform(
        decide(tenant, await observe(tenant, api, installation, never), { objects: objectsOf(tenant), absent: [] }),
        api,
        never,
      );
      for (const error of Object.values(errors)) throw error;
    },
    counts: () => counts,
    close,
  };
}

interface Call {
  path: string;
  body: string;
}

/** undici and nothing else: the same requests in the same order, their bytes made beforehand, the answers not even parsed. */
export function bare({ server, caData, token }: Target): Contestant<{ get: string; waves: Call[][] }> {
  const pool = new Pool(server, {
    connections: platform.cluster.connections,
    connect: { ca: Buffer.from(caData, "base64").toString("utf8") },
  });
  const authorization = `Bearer ${token}`;
  const apply = async ({ path, body }: Call): Promise<void> => {
    const { statusCode, body: answer } = await pool.request({
      method: "PATCH",
      path,
      body,
      headers: { authorization, "content-type": "application/apply-patch+yaml" },
    });
    const text = await answer.text();
    if (statusCode > 299) throw new Error(text);
  };
  return {
    name: "bare undici",
    prepare(tenant) {
      const calls = objectsOf(tenant).map((object) => ({
        path: `${pathOf(refOf(object))}?fieldManager=tenantry&force=true`,
        body: JSON.stringify(object),
      }));
      return { get: calls[0]?.path.split("?")[0] ?? "", waves: [calls.slice(0, 1), calls.slice(1)] };
    },
    async onboard({ get, waves }) {
      await (await pool.request({ method: "GET", path: get, headers: { authorization } })).body.text();
      for (const wave of waves) await Promise.all(wave.map(apply));
    },
    close: () => pool.close(),
  };
}

/** @kubernetes/client-node as it comes: KubeConfig and KubernetesObjectApi. */
export function objectApi({ kubeConfig }: Target): Contestant<KubernetesObject[]> {
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const apply = async (object: KubernetesObject): Promise<void> => {
    await api.patch(object, undefined, undefined, "tenantry", true, PatchStrategy.ServerSideApply);
  };
  return {
    name: "KubernetesObjectApi",
    prepare: objectsOf,
    async onboard([namespace, ...rest]) {
      if (namespace === undefined) return;
      await apply(namespace);
      await Promise.all(rest.map(apply));
    },
  };
}

/** One `kubectl apply --server-side` a tenant. */
export function kubectl({ kubectl: command, kubeconfigPath }: Target): Contestant<string> {
  const args = ["--kubeconfig", kubeconfigPath, "apply", "--server-side", "--force-conflicts", "--field-manager=tenantry", "-f", "-"];
  return {
    name: `kubectl ${versions.kubectl}`,
    prepare: (tenant) => JSON.stringify({ apiVersion: "v1", kind: "List", items: objectsOf(tenant) }),
    onboard: (manifest) =>
      new Promise((resolve, reject) => {
        const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
        let words = "";
        child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
        child.once("error", reject);
        child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(words))));
        child.stdin.end(manifest);
      }),
  };
}
