import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { importJWK, type JWK, type JWTPayload, SignJWT } from "jose";

/** What is needed to speak as the local issuer: its private key too, so the file is its owner's alone. */
export interface IssuerRecord {
  url: string;
  clientId: string;
  kid: string;
  privateKey: JWK;
}

export const recordFileOf = (clusterDir: string): string => join(clusterDir, "issuer.json");

/** The issuer of the cluster whose administrator's kubeconfig this is: its record lies beside it. */
export async function issuerBeside(kubeconfigPath: string): Promise<IssuerRecord> {
  return JSON.parse(await readFile(recordFileOf(dirname(kubeconfigPath)), "utf8")) as IssuerRecord;
}

/** An ID token of a user, for an hour; `claims` go over those that a good token has. */
export async function mintUserToken(issuer: IssuerRecord, userId: string, claims: JWTPayload = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const good = { iss: issuer.url, aud: issuer.clientId, sub: userId, iat: now, exp: now + 3_600 };
  const key = await importJWK(issuer.privateKey, "ES256");
  return await new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg: "ES256", kid: issuer.kid }).sign(key);
}
