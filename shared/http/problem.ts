import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type ErrorCode, TenantryError } from "../domain/errors.ts";
import { isUnavailable } from "./unavailable.ts";

/** HTTP's side of the error registry: every code has its status and title, or this does not compile. */
export const problems: Record<ErrorCode, { status: number; title: string }> = {
  InvalidInput: { status: 400, title: "The input is not valid" },
  UnknownTier: { status: 422, title: "There is no such tier" },
  QuotaAboveCeiling: { status: 422, title: "The quota passes the tier's ceiling" },
  IsolationUnavailable: { status: 422, title: "This isolation model is not available" },
  TenantIdReserved: { status: 422, title: "The tenant id is reserved" },
  TenantExists: { status: 409, title: "The tenant exists with other data" },
  TenantNotFound: { status: 404, title: "There is no such tenant" },
  TenantDeleting: { status: 409, title: "The tenant is being decommissioned" },
  TenantDeleted: { status: 409, title: "The tenant is decommissioned" },
  IdempotencyKeyReused: { status: 422, title: "The idempotency key came before with another body" },
  PreconditionFailed: { status: 412, title: "The resource has changed" },
  ClusterNotFound: { status: 404, title: "There is no such cluster" },
  ClusterInUse: { status: 409, title: "The cluster holds tenants" },
  EndpointNotAllowed: { status: 422, title: "The cluster's endpoint is not one that credentials may go to" },
  ClusterNotBootstrapped: { status: 422, title: "The cluster lacks what bootstrap.yaml brings" },
  ClusterRemoved: { status: 409, title: "The cluster was removed meanwhile" },
  TenantNotPlaced: { status: 409, title: "The tenant is on no cluster yet" },
  ClusterAccessUnknown: { status: 409, title: "How people reach the cluster is not registered" },
  ClusterUnreachable: { status: 503, title: "The cluster cannot be reached" },
  UnknownRole: { status: 422, title: "No grant may name this role" },
  GrantNotFound: { status: 404, title: "There is no such grant" },
  UserNameTaken: { status: 409, title: "Another user has the name" },
  GroupExists: { status: 409, title: "There is a group of that name" },
  WriteContention: { status: 503, title: "Too many writers at once" },
  Unauthorized: { status: 401, title: "Not authenticated" },
  Forbidden: { status: 403, title: "Not allowed" },
  NotFound: { status: 404, title: "There is nothing here" },
  MethodNotAllowed: { status: 405, title: "The method is not allowed here" },
  UnsupportedMediaType: { status: 415, title: "The media type is not supported" },
  PayloadTooLarge: { status: 413, title: "The body is too large" },
  ServiceUnavailable: { status: 503, title: "A part of the service did not answer in time" },
  Internal: { status: 500, title: "Something went wrong on our side" },
};

/** An RFC 9457 problem, as the body shows it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ErrorCode;
  traceId: string;
  errors?: { in?: string | undefined; pointer: string; detail: string }[];
}

/** Where a code is explained: `TenantExists` -> `https://tenantry.dev/problems/tenant-exists`. */
export const problemType = (code: ErrorCode): string =>
  `https://tenantry.dev/problems/${code.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase()}`;

/** The problem that an error is. Of an error outside the registry nothing shows but the trace id. */
export function problemOf(error: unknown, at: { path: string; traceId: string }): Problem {
  const known = error instanceof TenantryError && error.code !== "Internal";
  const code = known ? error.code : isUnavailable(error) ? "ServiceUnavailable" : "Internal";
  const problem: Problem = {
    type: problemType(code),
    ...problems[code],
    detail: known ? error.message : `Try again; if it stays so, tell us the trace id ${at.traceId}.`,
    instance: at.path,
    code,
    traceId: at.traceId,
  };
  return known && error.issues.length > 0 ? { ...problem, errors: error.issues } : problem;
}

export function problemAnswer(problem: Problem, headers: Record<string, string> = {}): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: problem.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headersOf(problem), ...headers },
    body: JSON.stringify(problem),
  };
}

/** What an answer says besides its body. */
export function headersOf({ status, code }: Problem): Record<string, string> {
  if (status === 503) return { "retry-after": "2" };
  if (status === 401) return { "www-authenticate": "Bearer" };
  return code === "Forbidden" ? { "www-authenticate": 'Bearer error="insufficient_scope"' } : {};
}
