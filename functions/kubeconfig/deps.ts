import { createClusterRegistry } from "../../shared/adapters/dynamodb/cluster-registry.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import type { HttpDeps } from "../../shared/http/handler.ts";
import type { KubeconfigPorts } from "../../shared/usecases/read-kubeconfig.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export type KubeconfigDeps = KubeconfigPorts & HttpDeps;

export function kubeconfigDeps(): KubeconfigDeps {
  const table = openTable(readEnv("TABLE_NAME").TABLE_NAME);
  return { store: createTenantStore(table), registry: createClusterRegistry(table), clock, log };
}
