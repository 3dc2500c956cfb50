import { tenantStoreContract } from "../contract/tenant-store.ts";
import { MemoryTable } from "../support/memory-table.ts";

tenantStoreContract("The table in memory", async () => {
  const store = new MemoryTable();
  return { store, events: async (tenantId) => store.events.filter((event) => event.tenantId === tenantId).length };
});
