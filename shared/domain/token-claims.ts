/** Who asks Cognito for a token. */
export type TokenRequest =
  | { kind: "client"; clientId: string; metadata: Readonly<Record<string, string>> }
  | { kind: "user"; attributes: Readonly<Record<string, string>>; groups: readonly string[]; scopes: readonly string[] };

/** What goes into the token, and what of it must not. */
export interface TokenClaims {
  /** The tenant that the token is limited to; a token without reaches whatever its scopes do. */
  tenantId?: string;
  withheld: string[];
}

/** Members need no tenant: they are the platform's own people. */
export const OPERATORS_GROUP = "tenantry-operators";

/**
 * Limits a token to a tenant; nothing that the caller chooses ever widens it.
 * - a user: the attribute `custom:tenant_id`, which users cannot write. Without it a user gets no scope of ours, except the
 *   platform's own people, by their group;
 * - a client: the tenant that the deployment maps it to; one without may ask for less than all by `tenant_id` in its metadata.
 * @param tenants client id -> tenant id
 * @throws where a mapped client asks for another tenant than its own: no token then
 */
export function claimsOf(request: TokenRequest, tenants: ReadonlyMap<string, string>): TokenClaims {
  if (request.kind === "user") {
    const tenantId = request.attributes["custom:tenant_id"];
    if (tenantId !== undefined) return { tenantId, withheld: [] };
    const ours = request.scopes.filter((scope) => scope.startsWith("tenantry/"));
    return { withheld: request.groups.includes(OPERATORS_GROUP) ? [] : ours };
  }
  const [own, asked] = [tenants.get(request.clientId), request.metadata["tenant_id"]];
  if (own !== undefined && asked !== undefined && own !== asked)
    throw new Error(`The client belongs to tenant "${own}", and asks for another.`);
  const tenantId = own ?? asked;
  return { ...(tenantId !== undefined && { tenantId }), withheld: [] };
}

/** Reads `clientId=tenantId,...`. Throws where it is anything else: better no tokens than wrong ones. */
export function parseClientTenants(text: string): Map<string, string> {
  const pairs = text.split(",").map((pair) => pair.trim());
  return new Map(pairs.filter(Boolean).map(pairOf));
}

function pairOf(pair: string): [string, string] {
  const [, clientId, tenantId] = /^([\w+]{1,128})=([a-z0-9-]{1,40})$/.exec(pair) ?? [];
  if (clientId === undefined || tenantId === undefined) throw new Error(`"${pair}" is not <client id>=<tenant id>.`);
  return [clientId, tenantId];
}
