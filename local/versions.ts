/** Every version that the local stack and the checks of its template pin. A change here makes a new cache entry. */
export const versions = {
  kubernetes: "1.35.4",
  etcd: "3.6.5",
  kwok: "0.8.0",
  iamAuthenticator: "0.6.13",
  prometheusOperator: "0.85.0",
  kubectl: "1.35.2",
  ministack: "1.5.33",
  cryptography: "50.0.2",
  cfnLint: "1.58.0",
  checkov: "3.3.30",
} as const;
