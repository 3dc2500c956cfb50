import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

const env = (name: string): string => process.env[name] ?? "";

/** Invokes a function of the stack, by its key in serverless.yml, and answers what it returned. Throws where it did. */
export async function invoke(functionKey: string, payload: unknown = {}): Promise<unknown> {
  const url = new URL(`/2015-03-31/functions/${env("TENANTRY_TABLE")}-${functionKey}/invocations`, env("AWS_ENDPOINT_URL"));
  const credentials = { accessKeyId: env("AWS_ACCESS_KEY_ID"), secretAccessKey: env("AWS_SECRET_ACCESS_KEY") };
  const signer = new SignatureV4({ service: "lambda", region: env("AWS_REGION"), credentials, sha256: Sha256 });
  const body = JSON.stringify(payload);
  const { headers } = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    headers: { host: url.host, "content-type": "application/json" },
    body,
  });
  const { host: _host, ...sent } = headers;
  const response = await fetch(url, { method: "POST", headers: sent, body, signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  if (!response.ok || response.headers.has("x-amz-function-error")) throw new Error(`${functionKey}: ${response.status} ${text}`);
  return JSON.parse(text);
}
