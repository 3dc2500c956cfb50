import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Compares in a time that tells neither where two texts differ nor how long the expected one is. */
export function equalText(given: string, expected: string): boolean {
  return timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(expected).digest());
}

/** Whether one of the secrets made `signature` (hex, either case) of the parts, by HMAC-SHA256. Looks at all of them. */
export function signedHex(secrets: readonly string[], signature: string, parts: readonly (string | Buffer)[]): boolean {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  const given = Buffer.from(signature, "hex");
  return secrets.map((secret) => timingSafeEqual(hmac(secret, parts), given)).includes(true);
}

export function hmac(secret: string | Buffer, parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHmac("sha256", secret);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Whether a header is one of the secrets, with `prefix` before it. */
export function isSecret(header: string | undefined, secrets: readonly string[], prefix = ""): boolean {
  return header !== undefined && secrets.map((secret) => equalText(header, prefix + secret)).includes(true);
}
