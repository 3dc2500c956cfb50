import { expect, test } from "@jest/globals";
import { clusterApiContract } from "../../support/cluster-api-contract.ts";
import { MemoryCluster } from "../../support/memory-cluster.ts";

clusterApiContract("a cluster in memory", () => {
  const api = new MemoryCluster();
  return Promise.resolve({ api, finishDeletes: () => Promise.resolve(api.finishDeletes()) });
});

const signal = new AbortController().signal;
const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-a" } };

test("a fault before a call leaves nothing; one after it leaves the object and loses the answer", async () => {
  const cluster = new MemoryCluster();
  const fault = (): never => {
    throw new Error("crash");
  };
  cluster.before = fault;
  await expect(cluster.apply(namespace, signal)).rejects.toThrow("crash");
  expect(cluster.objects()).toHaveLength(0);
  cluster.before = undefined;
  cluster.after = fault;
  await expect(cluster.apply(namespace, signal)).rejects.toThrow("crash");
  expect(cluster.objects()).toHaveLength(1);
  expect(cluster.calls.map(({ verb }) => verb)).toEqual(["apply", "apply"]);
});

test("what the cluster hands out is a copy", async () => {
  const cluster = new MemoryCluster();
  const given = cluster.put(namespace);
  given.metadata = { name: "other" };
  expect((await cluster.get({ apiVersion: "v1", kind: "Namespace", name: "tenant-a" }, signal))?.metadata?.name).toBe("tenant-a");
});
