import { createHash, timingSafeEqual } from "node:crypto";
import { TenantryError } from "../../domain/errors.ts";
import type { Secrets } from "../../ports.ts";

export type ScimProviders = Readonly<Record<string, { scim?: { token: string } | undefined }>>;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The provider whose token the caller has. Every provider's valid tokens are compared, each in constant time, so that
 * neither a token nor which provider it is near to can be timed.
 * @throws TenantryError `Unauthorized`, also where two providers have the same token
 */
export async function authenticate(authorization: string | undefined, providers: ScimProviders, secrets: Secrets): Promise<string> {
  const [, token = ""] = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization?.trim() ?? "") ?? [];
  if (token === "") throw new TenantryError("Unauthorized", "A bearer token is needed.");
  const given = digest(token);
  const refs = Object.entries(providers).flatMap(([name, { scim }]) => (scim === undefined ? [] : [{ name, ref: scim.token }]));
  const valid = await Promise.allSettled(refs.map(({ ref }) => secrets(ref)));
  const found = refs.filter((_one, n) => {
    const read = valid[n];
    // Each is compared, whatever the others said.
    return read?.status === "fulfilled" && read.value.map((secret) => timingSafeEqual(digest(secret), given)).includes(true);
  });
  const [provider, ...others] = found;
  if (provider !== undefined && others.length === 0) return provider.name;
  const failed = valid.find((read) => read.status === "rejected");
  if (provider === undefined && failed !== undefined) throw failed.reason;
  throw new TenantryError("Unauthorized", "The bearer token is not valid.");
}
