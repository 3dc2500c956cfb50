import type { Certificate } from "./certificates.ts";

/** A kubeconfig with everything inline. JSON is YAML, so no YAML writer is needed. */
export function kubeconfig(cluster: { server: string; caPem: string }, user: Certificate, name = "tenantry-local"): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name, cluster: { server: cluster.server, "certificate-authority-data": base64(cluster.caPem) } }],
      users: [{ name, user: { "client-certificate-data": base64(user.cert), "client-key-data": base64(user.key) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    },
    undefined,
    2,
  );
}

/** What the API server reads to reach the token webhook; the same file format, other meaning. */
export function webhookKubeconfig(server: string, caPem: string): string {
  const name = "aws-iam-authenticator";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
