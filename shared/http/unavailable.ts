/** What Node says of a connection that failed. */
const CONNECTION_ERRORS = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"]);

/** Names of errors by which parts of AWS throttle, and of the SDK's own where no answer came. */
const PASSING = /^(Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests|TimeoutError)/;

/** Parts of an AWS SDK error that tell why it failed. */
interface AwsError {
  name?: string;
  code?: string;
  $fault?: "client" | "server";
  $retryable?: object;
}

/**
 * Whether a call of AWS failed by what passes: it was throttled, had no answer in time, or AWS itself failed. The SDK has tried it
 * several times by then. The same request may succeed in a moment.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name = "", code = "", $fault, $retryable } = error as AwsError;
  return PASSING.test(name) || CONNECTION_ERRORS.has(code) || $retryable !== undefined || $fault === "server";
}
