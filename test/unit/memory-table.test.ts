import { dueIndexContract } from "../contract/due-index.ts";
import { tenantStoreContract } from "../contract/tenant-store.ts";
import { MemoryDueIndex, MemoryOutbox, MemoryTable } from "../support/memory-table.ts";

tenantStoreContract("The table in memory", async () => {
  const store = new MemoryTable();
  return { store, events: async (tenantId) => store.events.filter((event) => event.tenantId === tenantId).length };
});

dueIndexContract("The table in memory", async () => {
  const store = new MemoryTable();
  return { store, index: new MemoryDueIndex(store), outbox: new MemoryOutbox(store) };
});
