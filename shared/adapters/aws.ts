/**
 * What every client of AWS is made with: bounds, so that a call ends well within its function's time, and nothing of it goes on past the
 * function's return. Without `throwOnRequestTimeout` the SDK only warns.
 */
const bounds = (maxAttempts: number, timeoutMs: number) => ({
  maxAttempts,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: timeoutMs, socketTimeout: timeoutMs, throwOnRequestTimeout: true },
});

/** Answers within milliseconds as a rule: DynamoDB, SQS, EventBridge, secrets. */
export const awsClient = bounds(4, 2_000);
/** Answers within a second as a rule: EKS and STS. */
export const slowAwsClient = bounds(3, 3_000);
