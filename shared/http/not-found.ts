import { TenantryError } from "../domain/errors.ts";
import type { Route } from "./route.ts";

export type Call = Pick<Route, "method" | "path">;

/**
 * Refuses a request that is none of the calls.
 * @throws TenantryError `MethodNotAllowed` where the path has a call of another method, else `NotFound`
 */
export function refuseUnknown(calls: readonly Call[], path: string): never {
  const exact = calls.filter((call) => call.path === path);
  const allowed = (exact.length > 0 ? exact : calls.filter((call) => matches(call.path, path))).map(({ method }) => method);
  if (allowed.length === 0) throw new TenantryError("NotFound", "No call has this path.");
  throw new TenantryError("MethodNotAllowed", `This path takes ${allowed.join(", ")}.`, { cause: { allow: allowed.join(", ") } });
}

/** The header `Allow` of an answer to an error (RFC 9110, 15.5.6). */
export function allowOf(error: unknown): Record<string, string> {
  if (!(error instanceof TenantryError) || error.code !== "MethodNotAllowed") return {};
  return { allow: (error.cause as { allow: string }).allow };
}

function matches(pattern: string, path: string): boolean {
  const [expected, given] = [pattern.split("/"), path.replace(/(?<=.)\/$/, "").split("/")];
  return expected.length === given.length && expected.every((part, i) => (part.startsWith("{") ? given[i] !== "" : part === given[i]));
}
