import { OperatorClient } from "./client.ts";
import type { Deployment } from "./deploy.ts";
import type { Aws } from "./ministack.ts";

/** Every scope of the contract. */
export const ALL_SCOPES = ["tenants.read", "tenants.write", "access.read", "access.write", "clusters.read", "clusters.write"].map(
  (scope) => `tenantry/${scope}`,
);

/** An access token of the stack's own machine client, as a pipeline would fetch it (client credentials); `metadata` is what Cognito hands to the trigger. */
export async function fetchToken(
  aws: Aws,
  deployment: Deployment,
  scopes: string[] = ALL_SCOPES,
  metadata?: Record<string, string>,
): Promise<string> {
  const { UserPoolClient } = await new OperatorClient(aws).json<{ UserPoolClient: { ClientSecret: string } }>(
    "cognito-idp",
    "AWSCognitoIdentityProviderService.DescribeUserPoolClient",
    { UserPoolId: deployment.userPoolId, ClientId: deployment.clientId },
  );
  const basic = Buffer.from(`${deployment.clientId}:${UserPoolClient.ClientSecret}`).toString("base64");
  const response = await fetch(`${aws.endpoint}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope: scopes.join(" "),
      ...(metadata && { aws_client_metadata: JSON.stringify(metadata) }),
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`/oauth2/token: ${response.status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}
