import { TenantryError } from "../domain/errors.ts";
import { hasOwnCredential, type Route } from "./route.ts";

/** Claims of the token that the gateway's authorizer has verified: strings, but a list may come as one or as `[a b]`. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Authorises a request; whatever is not allowed is denied.
 * - the token holds the route's scope (claim `scope`, or `scp`);
 * - a route with a credential of its own is let through as `anonymous`: its operation checks that first;
 * - a token with a `tenant_id` claim reaches tenant-scoped routes of that very tenant, and nothing else.
 * @param claims `undefined` where the gateway verified no token
 * @returns the principal: the token's `sub`, else its `client_id`
 * @throws TenantryError `Unauthorized` without a usable token, `Forbidden` where it does not reach
 */
export function authorise(
  route: Pick<Route, "scope" | "tenantScoped">,
  params: Readonly<Record<string, string>>,
  claims: Claims | undefined,
): string {
  if (route.scope === "open" || hasOwnCredential(route.scope)) return "anonymous";
  const principal = [claims?.["sub"], claims?.["client_id"]].find((id): id is string => typeof id === "string" && id !== "");
  if (claims === undefined || principal === undefined) throw new TenantryError("Unauthorized", "A bearer token is needed.");
  if (!scopesOf(claims).includes(route.scope)) throw new TenantryError("Forbidden", `The token lacks the scope ${route.scope}.`);
  const tenantClaim = claims["tenant_id"];
  if (tenantClaim !== undefined && tenantClaim !== null && !(route.tenantScoped && params["tenantId"] === tenantClaim)) {
    throw new TenantryError("Forbidden", "The token reaches one tenant alone, and this is not it.");
  }
  return principal;
}

/** The scopes of a token: `"a b"`, `["a", "b"]`, or `"[a b]"` as the gateway writes lists. */
export function scopesOf(claims: Claims): string[] {
  return [claims["scope"], claims["scp"]].flatMap((claim) => {
    if (Array.isArray(claim)) return claim.filter((scope): scope is string => typeof scope === "string");
    if (typeof claim !== "string") return [];
    return claim
      .replace(/^\[(.*)\]$/, "$1")
      .split(/\s+/)
      .filter(Boolean);
  });
}
