import { CreateClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { type Aws, REGION } from "./ministack.ts";

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

const clientSettings = (aws: Aws) => ({ region: REGION, endpoint: aws.endpoint, credentials: aws.credentials });

/** Makes the cluster known to the embedded EKS; the EKS endpoint gives it the address of the real API server. */
export async function createEksCluster(aws: Aws, name: string, roleArn: string): Promise<void> {
  const eks = new EKSClient(clientSettings(aws));
  await eks.send(new CreateClusterCommand({ name, roleArn, resourcesVpcConfig: {}, version: "1.35" }));
  eks.destroy();
}

export async function assumeRole(aws: Aws, roleArn: string, sessionName: string): Promise<SessionCredentials> {
  const sts = new STSClient(clientSettings(aws));
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: sessionName }));
  sts.destroy();
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) throw new Error(`no credentials for ${roleArn}`);
  return { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken };
}
