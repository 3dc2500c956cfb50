import {
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  EKSClient,
  UpdateAccessEntryCommand,
} from "@aws-sdk/client-eks";
import { type EksCluster, type IdentityMappings, MappingError } from "../../ports.ts";
import { slowAwsClient } from "../aws.ts";

/** The tag that says whose an entry is; its value is the installation. */
export const OWNER_TAG = "tenantry:installation";

type Eks = Pick<EKSClient, "send">;

/** With deadlines, since a mapping's step has one as a whole. A client a region, for as long as the process lives. */
function eksClients(): (region: string) => Eks {
  const clients = new Map<string, EKSClient>();
  return (region) => {
    const standing = clients.get(region);
    if (standing !== undefined) return standing;
    const made = new EKSClient({ ...slowAwsClient, region });
    clients.set(region, made);
    return made;
  };
}

/** Access entries of EKS, by the function's own role. */
export function createAccessEntries(installation: string, eksOf: (region: string) => Eks = eksClients()): IdentityMappings {
  return {
    async describe(cluster, principalArn, abortSignal) {
      const found = eksOf(cluster.region)
        .send(new DescribeAccessEntryCommand({ clusterName: cluster.eksClusterName, principalArn }), { abortSignal })
        .then(({ accessEntry }) => accessEntry);
      const entry = await unless("ResourceNotFoundException", found, cluster, "eks:DescribeAccessEntry");
      if (entry === undefined) return undefined;
      return { username: entry.username ?? "", ours: entry.tags?.[OWNER_TAG] === installation };
    },

    async create(cluster, principalArn, username, abortSignal) {
      const tags = { [OWNER_TAG]: installation };
      const entry = { clusterName: cluster.eksClusterName, principalArn, username, type: "STANDARD", tags };
      const made = eksOf(cluster.region).send(new CreateAccessEntryCommand(entry), { abortSignal });
      await unless("ResourceInUseException", made, cluster, "eks:CreateAccessEntry");
    },

    async rename(cluster, principalArn, username, abortSignal) {
      const entry = { clusterName: cluster.eksClusterName, principalArn, username };
      const renamed = eksOf(cluster.region).send(new UpdateAccessEntryCommand(entry), { abortSignal });
      await unless("ResourceNotFoundException", renamed, cluster, "eks:UpdateAccessEntry");
    },

    async delete(cluster, principalArn, abortSignal) {
      const gone = eksOf(cluster.region).send(new DeleteAccessEntryCommand({ clusterName: cluster.eksClusterName, principalArn }), {
        abortSignal,
      });
      await unless("ResourceNotFoundException", gone, cluster, "eks:DeleteAccessEntry");
    },
  };
}

/** Errors after which a person, or an operator, has to change something; all others may pass by themselves. */
const LASTING = [
  "AccessDeniedException",
  "InvalidParameterException",
  "InvalidRequestException",
  "ResourceLimitExceededException",
  "UnrecognizedClientException",
];

/** What a call answers; `undefined` where it fails with `code`. */
async function unless<T>(code: string, answer: Promise<T>, { eksClusterName, region }: EksCluster, action: string): Promise<T | undefined> {
  return answer.catch((cause: unknown) => {
    const { name, message } = cause as Error;
    if (name === code) return undefined;
    const words = name === "AccessDeniedException" ? `${action} is denied` : `${action}: ${name}: ${message}`;
    throw new MappingError(`EKS cluster "${eksClusterName}" in ${region}: ${words}.`, { cause, retryable: !LASTING.includes(name) });
  });
}
