import { join } from "node:path";

export const etcdArgs = (dir: string, port: number, peerPort: number): string[] => [
  `--data-dir=${join(dir, "etcd")}`,
  `--listen-client-urls=http://127.0.0.1:${port}`,
  `--advertise-client-urls=http://127.0.0.1:${port}`,
  `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
  // The data is thrown away with the stack: durability would only cost time.
  "--unsafe-no-fsync",
  "--log-level=warn",
];

/** Authentication and authorisation as on EKS: IAM by token webhook, people by OIDC, then RBAC. Admission is the release's default set. */
export const apiServerArgs = (dir: string, port: number, etcdPort: number): string[] => [
  `--etcd-servers=http://127.0.0.1:${etcdPort}`,
  "--bind-address=127.0.0.1",
  "--advertise-address=127.0.0.1",
  `--secure-port=${port}`,
  `--tls-cert-file=${join(dir, "serving.pem")}`,
  `--tls-private-key-file=${join(dir, "serving.key")}`,
  `--client-ca-file=${join(dir, "ca.pem")}`,
  `--service-account-key-file=${join(dir, "service-accounts.pem")}`,
  `--service-account-signing-key-file=${join(dir, "service-accounts.key")}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  "--service-cluster-ip-range=10.96.0.0/16",
  "--authorization-mode=Node,RBAC",
  `--authentication-token-webhook-config-file=${join(dir, "webhook.kubeconfig")}`,
  `--authentication-config=${join(dir, "authentication.json")}`,
  "--allow-privileged=true",
  "--profiling=false",
];

const kubeconfigFlag = (dir: string, name: string): string => `--kubeconfig=${join(dir, `${name}.kubeconfig`)}`;

export const controllerManagerArgs = (dir: string): string[] => [
  kubeconfigFlag(dir, "controller-manager"),
  `--service-account-private-key-file=${join(dir, "service-accounts.key")}`,
  `--root-ca-file=${join(dir, "ca.pem")}`,
  "--use-service-account-credentials=true",
  "--leader-elect=false",
  "--secure-port=0",
];

export const schedulerArgs = (dir: string): string[] => [kubeconfigFlag(dir, "scheduler"), "--leader-elect=false", "--secure-port=0"];

export const kwokArgs = (dir: string, stages: string): string[] => [
  kubeconfigFlag(dir, "kwok"),
  "--manage-all-nodes=true",
  `--config=${stages}`,
];
