import { OperatorClient } from "../../local/aws/client.ts";
import type { Aws } from "../../local/aws/ministack.ts";
import { signToken } from "../../shared/adapters/kubernetes/token.ts";

const IAM_VERSION = "2010-05-08";

/** An IAM user of the embedded AWS: its ARN, and what `aws eks get-token` would print for it. */
export async function anIamUser(name: string, path: string): Promise<{ arn: string; token(eksClusterName: string): Promise<string> }> {
  const { AWS_ENDPOINT_URL: endpoint = "", AWS_REGION: region = "", ...env } = process.env;
  const credentials = { accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "" };
  const iam = new OperatorClient({ endpoint, credentials } as Pick<Aws, "endpoint" | "credentials"> as Aws);
  const field = (xml: string, tag: string): string => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(xml)?.[1] ?? "";
  const arn = field(await iam.query("iam", IAM_VERSION, { Action: "CreateUser", UserName: name, Path: path }), "Arn");
  const key = await iam.query("iam", IAM_VERSION, { Action: "CreateAccessKey", UserName: name });
  const own = { accessKeyId: field(key, "AccessKeyId"), secretAccessKey: field(key, "SecretAccessKey"), sessionToken: "" };
  return { arn, token: (eksClusterName) => signToken({ region, eksClusterName }, own, new Date()) };
}
