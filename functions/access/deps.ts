import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { createGrantIndex } from "../../shared/adapters/dynamodb/grant-index.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { AccessPorts } from "../../shared/usecases/identity/ports.ts";
import { readEnv } from "../env.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

export function accessDeps(): AccessPorts {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL");
  const table = openTable(env.TABLE_NAME);
  return {
    ...reconcileDeps(),
    directory: createDirectory(table),
    grants: createGrantIndex(table),
    index: createDueIndex(table),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
  };
}
