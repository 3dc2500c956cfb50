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
  if (isOfTenant(claims) && !(route.tenantScoped && params["tenantId"] === claims["tenant_id"])) {
    throw new TenantryError("Forbidden", "The token reaches one tenant alone, and this is not it.");
  }
  return principal;
}

/** Authorises what the body asks. Throws `Forbidden` where a token of one tenant asks for what has effect beyond it. */
export function authoriseBody({ beyondTenant = [] }: Pick<Route, "beyondTenant">, body: unknown, claims: Claims | undefined): void {
  if (claims === undefined || !isOfTenant(claims) || typeof body !== "object" || body === null) return;
  const asked = beyondTenant.find((member) => (body as Record<string, unknown>)[member] !== undefined);
  if (asked !== undefined) throw new TenantryError("Forbidden", `The token reaches one tenant alone, and ${asked} has effect beyond it.`);
}

const isOfTenant = ({ tenant_id: claim }: Claims): boolean => claim !== undefined && claim !== null;

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
