/** The deployments whose templates are checked: each stage and each way that a parameter changes which resources there are. */
export const variants = {
  local: { stage: "local", parameters: {} },
  production: { stage: "prod", parameters: {} },
  "a first deployment": { stage: "prod", parameters: { deletionProtection: "false" } },
  "production with every parameter": {
    stage: "prod",
    parameters: {
      eventSources: "signup,billing",
      issuer: "https://issuer.example.com",
      audience: "tenantry",
      clusterRoleArns: "arn:aws:iam::111122223333:role/tenantry-cluster-*,arn:aws:iam::444455556666:role/tenantry-cluster-eu",
      vpcSubnetIds: "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
      vpcSecurityGroupIds: "sg-0123456789abcdef0",
      accessEntryClusters: "shared-eu-1,shared-eu-2",
      secretsKeyArns: "arn:aws:kms:eu-central-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef",
      openRoutesConcurrency: "20",
      tableName: "tenants",
      restoredTable: "tenants-restored",
      restoredTableStreamArn: "arn:aws:dynamodb:eu-central-1:111122223333:table/tenants-restored/stream/2026-11-25T09:00:00.000",
      alarmTopicArn: "arn:aws:sns:eu-central-1:111122223333:oncall",
    },
  },
} as const satisfies Record<string, { stage: string; parameters: Record<string, string> }>;

export type Variant = keyof typeof variants;
export const variantNames = Object.keys(variants) as Variant[];
