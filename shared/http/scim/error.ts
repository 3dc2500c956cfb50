import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type ErrorCode, TenantryError } from "../../domain/errors.ts";
import { headersOf, type Problem } from "../problem.ts";

/** RFC 7644, 8.1. */
export const SCIM_MEDIA = "application/scim+json";

/** RFC 7644, table 9. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue";

/** A mistake of a SCIM request, by its `scimType`. */
export class ScimError extends TenantryError {
  readonly scimType: ScimType;
  constructor(scimType: ScimType, message: string, options: { cause?: unknown } = {}) {
    super("InvalidInput", message, options);
    this.scimType = scimType;
  }
}

const scimTypes: Partial<Record<ErrorCode, ScimType>> = {
  InvalidInput: "invalidSyntax",
  UserNameTaken: "uniqueness",
  GroupExists: "uniqueness",
};

/** A problem as SCIM says it (RFC 7644, 3.12): the status is a string. */
export function scimErrorAnswer(problem: Problem, headers: Record<string, string>, error: unknown): APIGatewayProxyStructuredResultV2 {
  const { status, code, detail } = problem;
  const scimType = error instanceof ScimError ? error.scimType : scimTypes[code];
  return {
    statusCode: status,
    headers: { "content-type": SCIM_MEDIA, "cache-control": "no-store", ...headersOf(problem), ...headers },
    body: JSON.stringify({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      ...(scimType !== undefined && { scimType }),
      detail,
      status: String(status),
    }),
  };
}
