import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantDirectory } from "../../shared/adapters/dynamodb/tenant-directory.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import type { TenantDirectory, TenantStore } from "../../shared/ports.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export interface ReadDeps {
  store: Pick<TenantStore, "get">;
  directory: TenantDirectory;
  clock: typeof clock;
  log: typeof log;
}

export function readDeps(): ReadDeps {
  const table = openTable(readEnv("TABLE_NAME").TABLE_NAME);
  return { store: createTenantStore(table), directory: createTenantDirectory(table), clock, log };
}
