import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import requestOn from "undici/lib/api/api-request.js";
import { ClusterError } from "../../ports.ts";
import type { Connections } from "./dispatcher.ts";
import { type Answer, errorOfFailure, isTransient } from "./errors.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { BearerTokens } from "./token.ts";

/** One request to the API server. All that are sent here are idempotent, so each may be repeated. */
export interface KubeRequest {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  body?: string | undefined;
  contentType?: string | undefined;
  /** JSON unless it says otherwise. */
  accept?: string | undefined;
  /** For messages: `apply Namespace tenant-acme`. */
  what: string;
}

export interface RequestSettings {
  /** Deadline of one try, milliseconds, from its sending to the end of its answer. */
  requestTimeoutMs: number;
  /** Tries of one request, the first included. */
  maxAttempts?: number | undefined;
  /** First and longest pause between tries, milliseconds; each pause is drawn between 0 and its bound. */
  backoff?: { baseMs: number; capMs: number } | undefined;
  /** Told of every request that is sent. */
  onRequest?: ((request: { method: string; path: string }) => void) | undefined;
}

/** Bytes: etcd takes no object of more. */
const maxRequestSize = 1_500_000;

export class Requests {
  readonly #connections: Connections;
  readonly #tokens: BearerTokens;
  readonly #bucket: TokenBucket;
  readonly #settings: RequestSettings;

  constructor(parts: { connections: Connections; tokens: BearerTokens; bucket: TokenBucket; settings: RequestSettings }) {
    this.#connections = parts.connections;
    this.#tokens = parts.tokens;
    this.#bucket = parts.bucket;
    this.#settings = parts.settings;
  }

  /**
   * The API server's answer, whatever its status, after retries of 429, 5xx and broken connections (full jitter;
   * `Retry-After` is honoured, and one longer than a request may take ends the tries). A 401 is retried once, at once,
   * with a new token. Throws `ClusterError`: `Unreachable`, `Timeout`, `Aborted`, `ResponseTooLarge`.
   */
  async send(request: KubeRequest, signal: AbortSignal): Promise<Answer> {
    if (request.body !== undefined && Buffer.byteLength(request.body) > maxRequestSize) {
      throw new ClusterError(413, "RequestEntityTooLarge", `the object has more than ${maxRequestSize} bytes (${request.what})`);
    }
    const { maxAttempts = 4, requestTimeoutMs, backoff = { baseMs: 50, capMs: 1_000 } } = this.#settings;
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const tried = await this.#try(request, signal);
      if (tried.answer?.status === 401 && !renewed) {
        renewed = true;
        this.#tokens.refuse(tried.token);
        continue;
      }
      const { answer } = tried;
      const again = answer === undefined || answer.status === 429 || answer.status >= 500;
      const pause = answer?.retryAfterMs ?? Math.random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** (attempt - 1));
      if (!again || attempt >= maxAttempts || pause > requestTimeoutMs) {
        if (answer === undefined) throw errorOfFailure(request.what, tried.failure);
        return answer;
      }
      await this.#untilAborted(request, signal, sleep(pause, undefined, { signal }));
    }
  }

  /** One try: an answer, or a failure that another try may mend; any other failure is thrown. */
  async #try(request: KubeRequest, signal: AbortSignal): Promise<{ token: string; answer?: Answer; failure?: unknown }> {
    if (signal.aborted) aborted(request, signal);
    // Most often the bucket has a token, and the bearer token is at hand: then nothing is waited for.
    const turn = this.#bucket.take(signal);
    if (turn !== undefined) await this.#untilAborted(request, signal, turn);
    const bearer = this.#tokens.get();
    const token = typeof bearer === "string" ? bearer : await this.#untilAborted(request, signal, bearer);
    try {
      return { token, answer: await this.#exchange(request, token, signal) };
    } catch (failure) {
      if (isTransient(failure)) return { token, failure };
      throw errorOfFailure(request.what, failure);
    }
  }

  async #exchange(request: KubeRequest, token: string, signal: AbortSignal): Promise<Answer> {
    const { requestTimeoutMs, onRequest } = this.#settings;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort("deadline"), requestTimeoutMs);
    const cancel = (): void => deadline.abort("caller");
    signal.addEventListener("abort", cancel, { once: true });
    const pool = this.#connections.current();
    try {
      onRequest?.({ method: request.method, path: request.path });
      const response = await requestOn.call(pool, {
        method: request.method,
        path: this.#connections.prefix + request.path,
        headers: headersOf(request, token),
        body: request.body ?? null,
        signal: deadline.signal,
      });
      return { status: response.statusCode, body: await response.body.text(), retryAfterMs: retryAfterMs(response.headers) };
    } catch (error) {
      if (signal.aborted) aborted(request, signal);
      if (!deadline.signal.aborted) throw error;
      this.#connections.retire(pool);
      throw new ClusterError(undefined, "Timeout", `no answer within ${requestTimeoutMs} ms (${request.what})`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
  }

  /** Awaits what is not a request itself, no longer than the caller's signal. */
  async #untilAborted<T>(request: KubeRequest, signal: AbortSignal, work: Promise<T>): Promise<T> {
    let cancel: (() => void) | undefined;
    const abort = new Promise<never>((_, reject) => {
      cancel = () => reject(signal.reason);
      signal.addEventListener("abort", cancel, { once: true });
    });
    try {
      return await Promise.race([work, abort]);
    } catch (error) {
      if (signal.aborted) aborted(request, signal);
      throw error;
    } finally {
      if (cancel !== undefined) signal.removeEventListener("abort", cancel);
    }
  }
}

function headersOf(request: KubeRequest, token: string): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    accept: request.accept ?? "application/json",
    "user-agent": "tenantry",
  };
  if (request.contentType !== undefined) headers["content-type"] = request.contentType;
  return headers;
}

function aborted(request: KubeRequest, signal: AbortSignal): never {
  const why = (signal.reason as { message?: string } | undefined)?.message ?? String(signal.reason);
  throw new ClusterError(undefined, "Aborted", `given up by the caller: ${why} (${request.what})`);
}

/** Seconds or a date (RFC 9110), as milliseconds from now. */
function retryAfterMs(headers: Dispatcher.ResponseData["headers"]): number | undefined {
  const value = headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
