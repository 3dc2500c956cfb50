// The API's issuer: the one given, or a Cognito pool of our own with the contract's scopes and one machine client.
const { dataRemoval, flag, list } = require("./parameters.cjs");

const scopes = ["tenants.read", "tenants.write", "access.read", "access.write", "clusters.read", "clusters.write"];

/** Quotas of an authorizer of API Gateway and of a function's environment, which no request raises. */
const AUDIENCES = 50;
const ENVIRONMENT_BYTES = 4_096;

const given = async ({ resolveVariable }) => {
  const [issuer, audience] = [await resolveVariable("param:issuer"), await resolveVariable("param:audience")];
  if (Boolean(issuer) !== Boolean(audience)) throw new Error("give both parameters, issuer and audience, or neither");
  return { issuer, audiences: list(audience) };
};

const preToken = { "Fn::GetAtt": ["PreDashtokenLambdaFunction", "Arn"] };
const poolIssuer = { "Fn::Sub": "https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}" };

/** A token of the pool says its client as its audience: the stack's own client, those of tenants, and further ones. */
async function poolAudiences({ resolveVariable }) {
  const clientTenants = await resolveVariable("param:clientTenants");
  if (clientTenants.length > ENVIRONMENT_BYTES / 2)
    throw new Error(
      `clientTenants has ${clientTenants.length} characters; ${ENVIRONMENT_BYTES / 2} fit into a function's environment beside the rest`,
    );
  const ofTenants = list(clientTenants).map((pair) => pair.split("=")[0]);
  return [{ Ref: "UserPoolClient" }, ...new Set([...ofTenants, ...list(await resolveVariable("param:clients"))])];
}

exports.issuer = async (context) => (await given(context)).issuer || poolIssuer;
exports.audience = async (context) => {
  const { issuer, audiences } = await given(context);
  const all = issuer ? audiences : await poolAudiences(context);
  if (all.length > AUDIENCES)
    throw new Error(`${all.length} audiences (clients of the pool) are given; API Gateway takes ${AUDIENCES} at most`);
  return all;
};

exports.resources = async (context) => {
  const { issuer } = await given(context);
  if (issuer) return { Outputs: { Issuer: { Value: issuer } } };
  const domain = await context.resolveVariable("param:cognitoDomain");
  const removal = await dataRemoval(context);
  return {
    Resources: {
      UserPool: {
        Type: "AWS::Cognito::UserPool",
        DeletionPolicy: removal,
        UpdateReplacePolicy: removal === "Delete" ? "Delete" : "Retain",
        Properties: {
          DeletionProtection: (await flag(context, "deletionProtection")) ? "ACTIVE" : "INACTIVE",
          UserPoolName: { "Fn::Sub": "${AWS::StackName}" },
          AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
          // Access tokens with claims of ours are not in the tier Lite.
          UserPoolTier: "ESSENTIALS",
          // Immutable: an administrator writes it with the user, and nobody ever changes it.
          Schema: [{ Name: "tenant_id", AttributeDataType: "String", Mutable: false, StringAttributeConstraints: { MaxLength: "40" } }],
          // V3_0 is asked for clients' tokens, too.
          LambdaConfig: { PreTokenGenerationConfig: { LambdaArn: preToken, LambdaVersion: "V3_0" } },
        },
      },
      UserPoolMayCallPreToken: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: preToken,
          Principal: "cognito-idp.amazonaws.com",
          SourceArn: { "Fn::GetAtt": ["UserPool", "Arn"] },
        },
      },
      UserPoolDomain: {
        Type: "AWS::Cognito::UserPoolDomain",
        Properties: { UserPoolId: { Ref: "UserPool" }, Domain: domain.includes("${") ? { "Fn::Sub": domain } : domain },
      },
      UserPoolScopes: {
        Type: "AWS::Cognito::UserPoolResourceServer",
        Properties: {
          UserPoolId: { Ref: "UserPool" },
          Identifier: "tenantry",
          Name: "Tenantry",
          Scopes: scopes.map((scope) => ({ ScopeName: scope, ScopeDescription: scope.replace(".", ": ") })),
        },
      },
      UserPoolClient: {
        Type: "AWS::Cognito::UserPoolClient",
        DependsOn: "UserPoolScopes",
        Properties: {
          UserPoolId: { Ref: "UserPool" },
          ClientName: "automation",
          GenerateSecret: true,
          AllowedOAuthFlows: ["client_credentials"],
          AllowedOAuthFlowsUserPoolClient: true,
          AllowedOAuthScopes: scopes.map((scope) => `tenantry/${scope}`),
          AccessTokenValidity: 60,
          TokenValidityUnits: { AccessToken: "minutes" },
        },
      },
    },
    Outputs: {
      Issuer: { Value: poolIssuer },
      UserPoolId: { Value: { Ref: "UserPool" } },
      ClientId: { Value: { Ref: "UserPoolClient" } },
    },
  };
};
