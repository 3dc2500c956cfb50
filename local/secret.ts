/**
 * Prints a secret of the running stack: `npm run -s secret -- okta webhook`. It is what the configuration of the provider names,
 * made when the stack started.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import platform from "../config/tenantry.ts";
import { createSecrets } from "../shared/adapters/secrets.ts";
import { STAGE } from "./aws/deploy.ts";
import { localDir } from "./paths.ts";

const [provider = "", use = ""] = process.argv.slice(2);
const configured = Object.hasOwn(platform.identity.providers, provider) ? platform.identity.providers[provider] : undefined;
const ref = { webhook: configured?.webhook?.secret, scim: configured?.scim?.token, api: configured?.api?.token }[use];
const envFile = join(localDir, "stack.env");
// Where a stack's variables are in the environment, it is that one's.
const named = process.env["AWS_ENDPOINT_URL"] !== undefined;
if (ref === undefined || !(named || existsSync(envFile))) {
  console.error(
    ref === undefined
      ? `usage: npm run -s secret -- <provider> webhook|scim|api; the configuration has ${Object.keys(platform.identity.providers).join(", ")}`
      : "no stack is running: npm start",
  );
  process.exit(2);
}
if (!named) Object.assign(process.env, parseEnv(readFileSync(envFile, "utf8")));
const [secret] = await createSecrets({ stage: STAGE })(ref);
if (secret === undefined) {
  console.error(`there is no ${ref}`);
  process.exit(1);
}
console.log(secret);
