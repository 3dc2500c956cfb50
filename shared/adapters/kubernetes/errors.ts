import { ClusterError } from "../../ports.ts";

/** An HTTP answer of the API server, its body read whole. */
export interface Answer {
  status: number;
  body: string;
  /** `Retry-After`, milliseconds. */
  retryAfterMs: number | undefined;
}

const reasons: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** Longest message taken from an answer, characters. */
const maxMessage = 1_000;

/** Takes bearer tokens out of a text. */
const redact = (text: string): string => text.replace(/k8s-aws-v1\.[\w-]+|Bearer\s+\S+/gi, "[redacted]").slice(0, maxMessage);

/** The Kubernetes `Status` that an answer holds, where it holds one. */
export function statusOf(answer: Answer): { reason?: string; message?: string } | undefined {
  try {
    const body: unknown = JSON.parse(answer.body);
    return typeof body === "object" && body !== null && (body as { kind?: unknown }).kind === "Status" ? body : undefined;
  } catch {
    return undefined; // A proxy's page, or the API server's plain text: told by its HTTP status alone.
  }
}

/**
 * An absent object, as the API server itself says it. Another server's 404 on that address (a load balancer, a page)
 * must not pass for a namespace that is gone.
 */
export const isAbsent = (answer: Answer): boolean => answer.status === 404 && statusOf(answer)?.reason === "NotFound";

/** The API server's own words come first; `what` says which call it was, such as `apply Namespace tenant-acme`. */
export function errorOfAnswer(what: string, answer: Answer): ClusterError {
  const { reason, message } = statusOf(answer) ?? {};
  const text = message ?? (answer.body.trim() || "no message");
  return new ClusterError(
    answer.status,
    reason || (reasons[answer.status] ?? `Http${answer.status}`),
    redact(`${text} (${what}: ${answer.status})`),
  );
}

const codeOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "unknown");
};

/** What went wrong below HTTP: no connection, no trust, no answer. */
export function errorOfFailure(what: string, cause: unknown): ClusterError {
  if (cause instanceof ClusterError) return cause;
  const { message = String(cause) } = (cause ?? {}) as { message?: string };
  const reason = codeOf(cause) === "UND_ERR_RES_EXCEEDED_MAX_SIZE" ? "ResponseTooLarge" : "Unreachable";
  return new ClusterError(undefined, reason, redact(`${message} (${what}: ${codeOf(cause)})`));
}

const transient = new Set(["UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_CLOSED", "UND_ERR_DESTROYED", "UND_ERR_INFO"]);
const transientErrno = new Set(["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "EAI_AGAIN", "ETIMEDOUT"]);

/** A connection that broke or could not be made: the same request may do better at once. Trust that failed will not. */
export const isTransient = (cause: unknown): boolean => {
  const code = codeOf(cause);
  return transient.has(code) || transientErrno.has(code) || code.startsWith("ERR_HTTP2_");
};
