import { clusterRegistryContract } from "../contract/cluster-registry.ts";
import { clusterSlotsContract } from "../contract/cluster-slots.ts";
import { directoryContract } from "../contract/directory.ts";
import { driftChecksContract } from "../contract/drift-checks.ts";
import { dueIndexContract } from "../contract/due-index.ts";
import { grantsRoundsContract } from "../contract/grants-rounds.ts";
import { revisionContract } from "../contract/revisions.ts";
import { tenantStoreContract } from "../contract/tenant-store.ts";
import { webhookInboxContract } from "../contract/webhook-inbox.ts";
import { MemoryGrantsRounds } from "../support/memory-grants-rounds.ts";
import { MemoryDirectory } from "../support/memory-directory.ts";
import { MemoryDriftChecks } from "../support/memory-drift-checks.ts";
import { MemoryDueIndex, MemoryOutbox, MemoryRegistry, MemorySlots, MemoryTable } from "../support/memory-table.ts";
import { MemoryWebhookInbox } from "../support/memory-webhook-inbox.ts";
import { memoryRevisionIndex, MemoryRevisionLog } from "../support/memory-revisions.ts";

tenantStoreContract("The table in memory", async () => {
  const store = new MemoryTable();
  return { store, events: async (tenantId) => store.events.filter((event) => event.tenantId === tenantId).length };
});

dueIndexContract("The table in memory", async () => {
  const store = new MemoryTable();
  return { store, index: new MemoryDueIndex(store), outbox: new MemoryOutbox(store) };
});

revisionContract("The table in memory", async () => {
  const store = new MemoryTable();
  const registry = new MemoryRegistry([]);
  return { store, registry, index: memoryRevisionIndex(store), log: new MemoryRevisionLog(registry) };
});

clusterRegistryContract("The registry in memory", async () => {
  const registry = new MemoryRegistry([]);
  return { registry, findDedupe: async (key) => registry.dedupes.get(key) };
});

driftChecksContract("The drift checks in memory", async () => {
  const checks = new MemoryDriftChecks();
  return { checks, findDedupe: async (key) => checks.dedupes.get(key) };
});

directoryContract("The directory in memory", async () => {
  const directory = new MemoryDirectory();
  return { directory, index: new MemoryDueIndex(new MemoryTable(), 8, [directory]) };
});

webhookInboxContract("The inbox in memory", async () => {
  const inbox = new MemoryWebhookInbox();
  return { inbox, index: new MemoryDueIndex(new MemoryTable(), 8, [inbox]) };
});

clusterSlotsContract("Slots in memory", async () => new MemorySlots());

grantsRoundsContract("The comparison in memory", async () => new MemoryGrantsRounds());
