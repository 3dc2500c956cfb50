import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import type { Authority } from "./certificates.ts";
import { type IssuerRecord, recordFileOf } from "./user-token.ts";

/** What stands before every user's and group's name in the local cluster. */
export const USERNAME_PREFIX = "oidc:";
export const CLIENT_ID = "tenantry-local";

export interface Issuer {
  url: string;
  stop(): Promise<void>;
}

/**
 * The people's OIDC issuer of the local cluster: the two documents that a verifier of tokens reads. Nobody signs in to it;
 * tokens are made from its record by `mintUserToken`.
 */
export async function startIssuer(ca: Authority, dir: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const kid = "local-1";
  const keys = [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }];
  const documents = new Map<string, object>([["/keys", { keys }]]);
  const serving = ca.issue({ commonName: "oidc-issuer", hosts: ["127.0.0.1", "localhost"] });
  const server = createServer({ cert: serving.cert, key: serving.key }, (incoming, outgoing) => {
    const document = incoming.method === "GET" ? documents.get(incoming.url ?? "") : undefined;
    outgoing
      .writeHead(document ? 200 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(document ?? { error: "not_found" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents.set("/.well-known/openid-configuration", {
    issuer: url,
    jwks_uri: `${url}/keys`,
    authorization_endpoint: `${url}/authorize`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
  const record: IssuerRecord = { url, clientId: CLIENT_ID, kid, privateKey: await exportJWK(privateKey) };
  await mkdir(dir, { recursive: true });
  await writeFile(recordFileOf(dir), JSON.stringify(record), { mode: 0o600 });
  return {
    url,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How the API server is told of the issuer (`--authentication-config`); IAM's webhook stays beside it. JSON is YAML. */
export function authenticationConfiguration(issuerUrl: string, caPem: string): string {
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: issuerUrl, audiences: [CLIENT_ID], certificateAuthority: caPem },
        claimMappings: { username: { claim: "sub", prefix: USERNAME_PREFIX }, groups: { claim: "groups", prefix: USERNAME_PREFIX } },
      },
    ],
  });
}
