import type { EKSClient } from "@aws-sdk/client-eks";
import { expect, test } from "@jest/globals";
import { createAccessEntries } from "../../../shared/adapters/eks/access-entries.ts";

const failing = (name: string) =>
  createAccessEntries("tenantry-test", () => {
    return { send: () => Promise.reject(Object.assign(new Error("a detail"), { name })) } as unknown as EKSClient;
  });
const cluster = { eksClusterName: "prod", region: "eu-west-1" };
const signal = new AbortController().signal;

test.each([
  ["AccessDeniedException", false, /"prod" in eu-west-1: eks:CreateAccessEntry is denied/],
  ["InvalidParameterException", false, /InvalidParameterException: a detail/],
  ["InvalidRequestException", false, /InvalidRequestException: a detail/],
  ["ThrottlingException", true, /ThrottlingException/],
  ["TimeoutError", true, /TimeoutError/],
])("EKS' %s waits for a person, or may pass (retryable: %s), and is said in words", async (name, retryable, words) => {
  const made = failing(name).create(cluster, "arn:aws:iam::111122223333:user/anna", "anna", signal);
  await expect(made).rejects.toMatchObject({ name: "MappingError", retryable, message: expect.stringMatching(words) });
});
