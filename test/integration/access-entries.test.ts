import { beforeAll, expect, test } from "@jest/globals";
import { CreateAccessEntryCommand, CreateClusterCommand, DescribeAccessEntryCommand, EKSClient } from "@aws-sdk/client-eks";
import { PROVISIONER_ROLE_ARN } from "../../local/kubernetes/authenticator.ts";
import { createAccessEntries, OWNER_TAG } from "../../shared/adapters/eks/access-entries.ts";
import { identityMappingsContract } from "../contract/identity-mappings.ts";
import { anId } from "../support/stack.ts";

const eks = new EKSClient({});
const cluster = { eksClusterName: anId("contract"), region: process.env["AWS_REGION"] ?? "" };
const mappings = createAccessEntries("tenantry-contract");
const roleArn = PROVISIONER_ROLE_ARN;
const signal = AbortSignal.timeout(120_000);

beforeAll(async () => {
  await eks.send(new CreateClusterCommand({ name: cluster.eksClusterName, roleArn, resourcesVpcConfig: {}, version: "1.35" }));
});

identityMappingsContract("The access entries of EKS", async () => ({
  mappings,
  cluster,
  foreign: async (principalArn, username) => {
    const tags = { [OWNER_TAG]: "another" };
    await eks.send(new CreateAccessEntryCommand({ clusterName: cluster.eksClusterName, principalArn, username, tags }));
  },
}));

test("An entry gives a name and nothing else", async () => {
  const principalArn = "arn:aws:iam::000000000000:role/anna";
  await mappings.create(cluster, principalArn, "anna", signal);
  const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName: cluster.eksClusterName, principalArn }));
  expect(accessEntry).toMatchObject({
    type: "STANDARD",
    username: "anna",
    kubernetesGroups: [],
    tags: { [OWNER_TAG]: "tenantry-contract" },
  });
});

test("A cluster that EKS does not know is said in words, and may come yet", async () => {
  const unknown = { ...cluster, eksClusterName: "no-such-cluster" };
  await expect(mappings.create(unknown, "arn:aws:iam::000000000000:user/anna", "anna", signal)).rejects.toMatchObject({
    retryable: true,
    message: expect.stringMatching(/EKS cluster "no-such-cluster" in .*: eks:CreateAccessEntry: ResourceNotFoundException/),
  });
});
