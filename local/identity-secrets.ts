import { randomBytes } from "node:crypto";
import platform from "../config/tenantry.ts";
import { secretRefOf } from "../shared/adapters/secrets.ts";
import { OperatorClient, type Operated } from "./aws/client.ts";
import { STAGE } from "./aws/deploy.ts";

type Providers = typeof platform.identity.providers;

/** What the identity providers' secrets look like, by their references in the configuration: each one new and random. */
export function newIdentitySecrets(providers: Providers = platform.identity.providers): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const { webhook, scim } of Object.values(providers)) {
    if (scim !== undefined) secrets.set(scim.token, randomBytes(32).toString("hex"));
    if (webhook === undefined) continue;
    secrets.set(
      webhook.secret,
      webhook.format === "standard" ? `whsec_${randomBytes(32).toString("base64")}` : randomBytes(32).toString("hex"),
    );
  }
  return secrets;
}

/** Puts the secrets of the configured providers into the embedded AWS, as an operator would; answers them by their references. */
export async function createIdentitySecrets(aws: Operated): Promise<Map<string, string>> {
  const operator = new OperatorClient(aws);
  const secrets = newIdentitySecrets();
  for (const [ref, value] of secrets) {
    const [, store, name = ""] = /^(secretsmanager|ssm):(.*)$/s.exec(secretRefOf(ref, STAGE)) ?? [];
    if (store === "ssm") await operator.json("ssm", "AmazonSSM.PutParameter", { Name: name, Value: value, Type: "SecureString" });
    else await operator.json("secretsmanager", "secretsmanager.CreateSecret", { Name: name, SecretString: value });
  }
  return secrets;
}
