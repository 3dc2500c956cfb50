import type { EKSClient } from "@aws-sdk/client-eks";
import { expect, test } from "@jest/globals";
import { describeClusterBy } from "../../../shared/adapters/eks/describe.ts";

const regions: string[] = [];
const describing = (answer: () => Promise<unknown>) =>
  describeClusterBy((region) => {
    regions.push(region);
    return { send: answer } as unknown as EKSClient;
  })("prod", "eu-west-1");
const active = { status: "ACTIVE", endpoint: "https://x.eks.amazonaws.com", certificateAuthority: { data: "Q0E=" } };
const fails = (name: string) => () => Promise.reject(Object.assign(new Error("an internal detail"), { name }));

test("an active cluster shows its endpoint and authority, and so does one that is being updated", async () => {
  for (const status of ["ACTIVE", "UPDATING"]) {
    expect(await describing(() => Promise.resolve({ cluster: { ...active, status } }))).toEqual({
      endpoint: active.endpoint,
      certificateAuthority: "Q0E=",
    });
  }
  expect(regions).toEqual(["eu-west-1", "eu-west-1"]);
});

test.each([
  ["an unknown name", fails("ResourceNotFoundException"), "ClusterNotFound", /does not exist/],
  ["a missing permission", fails("AccessDeniedException"), "ClusterUnreachable", /eks:DescribeCluster is denied/],
  ["an EKS that does not answer", fails("TimeoutError"), "ClusterUnreachable", /could not be read: TimeoutError/],
  [
    "a cluster in the making",
    () => Promise.resolve({ cluster: { ...active, status: "CREATING" } }),
    "ClusterUnreachable",
    /is CREATING, not ACTIVE/,
  ],
  [
    "a cluster without an authority",
    () => Promise.resolve({ cluster: { ...active, certificateAuthority: { data: "" } } }),
    "ClusterUnreachable",
    /no endpoint or no certificate authority/,
  ],
])("%s is said in words that name cluster and region", async (_case, answer, code, words) => {
  const error = await describing(answer).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
  expect((error as Error).message).toContain('"prod" in eu-west-1');
});
