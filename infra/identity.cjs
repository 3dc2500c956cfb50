// The API's issuer: the one given, or a Cognito pool of our own with the contract's scopes and one machine client.
const scopes = ["tenants.read", "tenants.write", "access.read", "access.write", "clusters.read", "clusters.write"];

const given = async ({ resolveVariable }) => {
  const [issuer, audience] = [await resolveVariable("param:issuer"), await resolveVariable("param:audience")];
  if (Boolean(issuer) !== Boolean(audience)) throw new Error("give both parameters, issuer and audience, or neither");
  return { issuer, audience };
};

const preToken = { "Fn::GetAtt": ["PreDashtokenLambdaFunction", "Arn"] };
const poolIssuer = { "Fn::Sub": "https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}" };

exports.issuer = async (context) => (await given(context)).issuer || poolIssuer;
exports.audience = async (context) => (await given(context)).audience || { Ref: "UserPoolClient" };

exports.resources = async (context) => {
  const { issuer } = await given(context);
  if (issuer) return { Outputs: { Issuer: { Value: issuer } } };
  const domain = await context.resolveVariable("param:cognitoDomain");
  return {
    Resources: {
      UserPool: {
        Type: "AWS::Cognito::UserPool",
        Properties: {
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
