import type { AccessSettings, Cluster } from "./cluster.ts";
import { namespaceOf } from "./tenant.ts";

interface Exec {
  apiVersion: string;
  command: string;
  args: string[];
  installHint: string;
}
type Reached = Pick<Cluster, "name" | "endpoint" | "certificateAuthority" | "region" | "eksClusterName">;

/**
 * A kubeconfig for a tenant's people: the cluster, the tenant's namespace, and a plugin by which each of them signs in as
 * themselves. It holds no credential, and gives no access by itself: grants do.
 */
export function kubeconfigOf(tenantId: string, cluster: Reached, access: AccessSettings) {
  const namespace = namespaceOf(tenantId);
  // The same for every tenant of a cluster, so that kubeconfigs of several tenants go together.
  const name = `tenantry-${cluster.name}`;
  const exec = { ...signIn(cluster, access), env: null, interactiveMode: "IfAvailable", provideClusterInfo: false };
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": namespace,
    clusters: [{ name, cluster: { server: cluster.endpoint, "certificate-authority-data": cluster.certificateAuthority } }],
    contexts: [{ name: namespace, context: { cluster: name, user: name, namespace } }],
    users: [{ name, user: { exec } }],
  };
}

/** Every option in one argument with its value, so that no value is taken for an option. */
function signIn({ region, eksClusterName }: Reached, access: AccessSettings): Exec {
  if (access.mode === "iam")
    return {
      // The newest that every AWS CLI writes.
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: ["eks", "get-token", `--cluster-name=${eksClusterName}`, `--region=${region}`, "--output=json"],
      installHint: "Install the AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    };
  const scopes = (access.extraScopes ?? []).map((scope) => `--oidc-extra-scope=${scope}`);
  return {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "kubectl",
    args: ["oidc-login", "get-token", `--oidc-issuer-url=${access.issuerUrl}`, `--oidc-client-id=${access.clientId}`, ...scopes],
    installHint: "Install kubelogin: kubectl krew install oidc-login, or https://github.com/int128/kubelogin#setup",
  };
}
