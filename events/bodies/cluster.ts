import * as z from "zod";
import { clusterLabelKey, labelMap, labelValue } from "./fields.ts";

const endpoint = z
  .url({ protocol: /^https$/, error: "an https:// URL" })
  .max(2048)
  .refine(bare, { error: "an https:// URL without user, query and fragment" })
  .transform((url) => url.replace(/\/+$/, ""));

function bare(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

const certificateAuthority = z
  .base64({ error: "a PEM bundle in base64" })
  .max(40_000)
  .refine((text) => Buffer.from(text, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE-----"), {
    error: "a PEM bundle in base64",
  });

const usernamePrefix = z
  .string()
  .max(64)
  .regex(/^[!-~]*$/, "visible ASCII characters")
  .refine((prefix) => !prefix.startsWith("system:"), { error: "system: is the prefix of the cluster's own users" })
  .default("")
  .meta({ description: "What the cluster puts before a user's id: the name that grants bind is the prefix and the id." });

/** How people reach the cluster; `PUT` without it keeps what is registered. */
export const clusterAccess = z
  .discriminatedUnion("mode", [
    z.strictObject({
      mode: z.literal("oidc"),
      issuerUrl: z
        .url({ protocol: /^https$/, error: "an https:// URL" })
        .max(2048)
        .refine(bare, { error: "an https:// URL without user, query and fragment" })
        .meta({ description: "The issuer that the API server is configured with, letter by letter." }),
      clientId: z
        .string()
        .regex(/^[!-~]{1,256}$/, "1 to 256 visible ASCII characters")
        .meta({ description: "The client, public, that people sign in with." }),
      usernamePrefix,
      extraScopes: z
        .array(z.string().regex(/^[!#-+\--[\]-~]{1,128}$/, "a scope, without comma"))
        .max(20)
        .optional()
        .meta({ description: "Asked for beside `openid`, such as `email`." }),
    }),
    z.strictObject({
      mode: z.literal("iam"),
      usernamePrefix: usernamePrefix.refine((prefix) => !/^(eks|aws|amazon|iam):/.test(prefix), {
        error: "EKS takes no user name that begins with eks:, aws:, amazon: or iam:",
      }),
    }),
  ])
  .meta({ id: "ClusterAccess", description: "How people reach the cluster: by an OIDC issuer of its API server, or by IAM." });

/**
 * Body of `PUT /clusters/{name}`. `endpoint` and `certificateAuthority` go together; without them they are read from EKS
 * (`DescribeCluster` of `eksClusterName`, by default the registry's name, in `region`, by default the platform's own).
 */
export const clusterBody = z
  .strictObject({
    roleArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, "the ARN of an IAM role")
      .meta({ description: "The IAM role that functions assume to reach the cluster." }),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "an AWS region such as eu-central-1")
      .optional(),
    eksClusterName: z
      .string()
      .regex(/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/, "the name of an EKS cluster")
      .optional(),
    endpoint: endpoint.optional(),
    certificateAuthority: certificateAuthority.optional(),
    labels: labelMap(clusterLabelKey, labelValue).optional(),
    capacity: z
      .int()
      .min(0)
      .max(100_000)
      .optional()
      .meta({ description: "Weight in placement: new tenants spread over the clusters in proportion. 0 takes none." }),
    access: clusterAccess.optional(),
    capabilities: z
      .strictObject({ networkPolicy: z.boolean().optional().meta({ description: "The cluster enforces NetworkPolicy." }) })
      .optional(),
  })
  .refine((body) => (body.endpoint === undefined) === (body.certificateAuthority === undefined), {
    error: "endpoint and certificateAuthority go together",
    path: ["endpoint"],
  })
  .meta({ dependentRequired: { endpoint: ["certificateAuthority"], certificateAuthority: ["endpoint"] } });
export type ClusterBody = z.infer<typeof clusterBody>;

export const example: z.input<typeof clusterBody> = {
  roleArn: "arn:aws:iam::111122223333:role/tenantry-provisioner",
  region: "eu-central-1",
  eksClusterName: "shared-eu-1",
  labels: { environment: "production" },
  capacity: 2000,
  capabilities: { networkPolicy: true },
  access: {
    mode: "oidc",
    issuerUrl: "https://login.example.com/",
    clientId: "kubernetes",
    usernamePrefix: "oidc:",
    extraScopes: ["email"],
  },
};
