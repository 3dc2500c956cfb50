import { authenticate } from "../../shared/http/scim/authenticate.ts";
import { isComplex, type Resource } from "../../shared/http/scim/attributes.ts";
import { ScimError } from "../../shared/http/scim/error.ts";
import { parseJson } from "../../shared/http/read.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/request.ts";
import type { ScimDeps } from "./deps.ts";

/** Left for the last writes and the answer, milliseconds. */
const TO_ANSWER_MS = 5_000;

/**
 * Delivery: nothing is read or done before the token told which provider calls. What is written names it, and the request.
 */
export const forProvider =
  (deps: ScimDeps) =>
  <Q extends HttpRequest>(operation: (provider: string, request: Q, ports: ScimDeps) => Promise<HttpAnswer>) =>
  async (request: Q): Promise<HttpAnswer> => {
    const provider = await authenticate(request.headers["authorization"], deps.platform.identity.providers, deps.secrets);
    return operation(provider, request, { ...deps, cause: { ...request.cause, actor: `scim:${provider}` } });
  };

export const scimAnswer = (status: number, resource: Resource, more: Partial<HttpAnswer> = {}): HttpAnswer => ({
  status,
  text: JSON.stringify(resource),
  ...more,
});

/** Throws `InvalidInput`. */
export function bodyOf({ rawBody }: Pick<HttpRequest, "rawBody">): Resource {
  const body = parseJson(rawBody);
  if (!isComplex(body)) throw new ScimError("invalidSyntax", "The body must be a JSON object.");
  return body;
}

export const timeLeftOf =
  ({ remainingMs }: Pick<HttpRequest, "remainingMs">) =>
  (): boolean =>
    remainingMs() > TO_ANSWER_MS;
