import type { PreTokenGenerationV2TriggerEvent, PreTokenGenerationV3TriggerEvent } from "aws-lambda";
import { claimsOf, parseClientTenants, type TokenRequest } from "../../shared/domain/token-claims.ts";
import { readEnv } from "../env.ts";

/** V3 is V2 with the client-credentials grant besides. */
export type TokenEvent = PreTokenGenerationV2TriggerEvent | PreTokenGenerationV3TriggerEvent;

/** Delivery: Cognito waits 5 s at most, and gives out no token where this throws. */
export const createHandler = (tenants: ReadonlyMap<string, string>) => async (event: TokenEvent) => {
  const { tenantId, withheld } = claimsOf(requestOf(event), tenants);
  const claims = tenantId === undefined ? {} : { claimsToAddOrOverride: { tenant_id: tenantId } };
  const response = {
    claimsAndScopeOverrideDetails: { idTokenGeneration: claims, accessTokenGeneration: { ...claims, scopesToSuppress: withheld } },
  };
  return { ...event, response };
};

function requestOf({ triggerSource, callerContext, request }: TokenEvent): TokenRequest {
  if (triggerSource === "TokenGeneration_ClientCredentials")
    return { kind: "client", clientId: callerContext.clientId, metadata: request.clientMetadata ?? {} };
  return {
    kind: "user",
    attributes: request.userAttributes,
    groups: request.groupConfiguration.groupsToOverride ?? [],
    scopes: request.scopes ?? [],
  };
}

export const handler = createHandler(parseClientTenants(readEnv("CLIENT_TENANTS").CLIENT_TENANTS));
