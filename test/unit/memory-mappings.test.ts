import { aCluster } from "../support/builders.ts";
import { MemoryMappings } from "../support/memory-mappings.ts";
import { identityMappingsContract } from "../contract/identity-mappings.ts";

identityMappingsContract("The access entries in memory", async () => {
  const mappings = new MemoryMappings();
  const cluster = aCluster();
  return {
    mappings,
    cluster,
    foreign: async (principalArn, username) =>
      void mappings.entries.set(`${cluster.eksClusterName} ${principalArn}`, { username, ours: false }),
  };
});
