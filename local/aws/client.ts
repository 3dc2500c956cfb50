import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Aws } from "./ministack.ts";
import { REGION } from "./ministack.ts";

/** Where the embedded AWS is, and the operator's key to it. */
export type Operated = Pick<Aws, "endpoint" | "credentials">;

/** Calls of the operator (the account's root) for which the project carries no SDK client. */
export class OperatorClient {
  readonly #aws: Operated;

  constructor(aws: Operated) {
    this.#aws = aws;
  }

  async #send(service: string, contentType: string, body: string, headers: Record<string, string> = {}): Promise<string> {
    const url = new URL(this.#aws.endpoint);
    const signer = new SignatureV4({ service, region: REGION, credentials: this.#aws.credentials, sha256: Sha256 });
    const signed = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname: url.hostname,
      port: Number(url.port),
      path: "/",
      headers: { host: url.host, "content-type": contentType, ...headers },
      body,
    });
    const { host: _host, ...sent } = signed.headers;
    const response = await fetch(url, { method: "POST", headers: sent, body, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${service}: ${response.status} ${text}`);
    return text;
  }

  /** A service of the JSON protocol; `target` is the operation with its prefix, as in `X-Amz-Target`. */
  async json<T>(service: string, target: string, input: unknown): Promise<T> {
    const text = await this.#send(service, "application/x-amz-json-1.1", JSON.stringify(input), { "x-amz-target": target });
    return JSON.parse(text) as T;
  }

  /** A service of the query protocol; answers the XML. */
  async query(service: string, version: string, parameters: Record<string, string>): Promise<string> {
    const body = new URLSearchParams({ Version: version, ...parameters }).toString();
    return await this.#send(service, "application/x-www-form-urlencoded", body);
  }
}
