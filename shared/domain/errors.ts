/** Every error that a caller can meet. Its HTTP status stands in `shared/http/problem.ts`. */
export const errorCodes = {
  InvalidInput: { retryable: false },
  UnknownTier: { retryable: false },
  QuotaAboveCeiling: { retryable: false },
  IsolationUnavailable: { retryable: false },
  TenantIdReserved: { retryable: false },
  TenantExists: { retryable: false },
  TenantNotFound: { retryable: true },
  TenantDeleting: { retryable: true },
  TenantDeleted: { retryable: false },
  IdempotencyKeyReused: { retryable: false },
  PreconditionFailed: { retryable: false },
  ClusterNotFound: { retryable: false },
  ClusterInUse: { retryable: false },
  ClusterRemoved: { retryable: false },
  EndpointNotAllowed: { retryable: false },
  ClusterNotBootstrapped: { retryable: false },
  TenantNotPlaced: { retryable: true },
  ClusterAccessUnknown: { retryable: false },
  ClusterUnreachable: { retryable: true },
  UnknownRole: { retryable: false },
  GrantNotFound: { retryable: false },
  UserNameTaken: { retryable: false },
  GroupExists: { retryable: false },
  WriteContention: { retryable: true },
  Unauthorized: { retryable: false },
  Forbidden: { retryable: false },
  NotFound: { retryable: false },
  MethodNotAllowed: { retryable: false },
  UnsupportedMediaType: { retryable: false },
  PayloadTooLarge: { retryable: false },
  ServiceUnavailable: { retryable: true },
  Internal: { retryable: true },
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** One mistake in an input. */
export interface InputIssue {
  /** The part of a request that it lies in; the body (or the event) where absent. */
  in?: "path" | "query" | "header" | undefined;
  /** JSON Pointer (RFC 6901) into that part. */
  pointer: string;
  detail: string;
}

/** The one error base: a code of the registry and words for a person. */
export class TenantryError extends Error {
  readonly code: ErrorCode;
  readonly issues: InputIssue[];

  constructor(code: ErrorCode, message: string, options: { issues?: InputIssue[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "TenantryError";
    this.code = code;
    this.issues = options.issues ?? [];
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}
