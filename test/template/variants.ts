/** The deployments whose templates are checked: each stage and each way that a parameter changes which resources there are. */
export const variants = {
  local: { stage: "local", parameters: {} },
  production: { stage: "prod", parameters: {} },
  "production with every parameter": {
    stage: "prod",
    parameters: {
      eventSources: "signup,billing",
      issuer: "https://issuer.example.com",
      audience: "tenantry",
      clusterRoleArns: "arn:aws:iam::111122223333:role/tenantry-cluster-*,arn:aws:iam::444455556666:role/tenantry-cluster-eu",
      vpcSubnetIds: "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
      vpcSecurityGroupIds: "sg-0123456789abcdef0",
      alarmTopicArn: "arn:aws:sns:eu-central-1:111122223333:oncall",
    },
  },
} as const satisfies Record<string, { stage: string; parameters: Record<string, string> }>;

export type Variant = keyof typeof variants;
export const variantNames = Object.keys(variants) as Variant[];
