import { createDueIndex } from "../../shared/adapters/dynamodb/due-index.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import { createReconcileQueue } from "../../shared/adapters/sqs/reconcile-queue.ts";
import type { SweepPorts } from "../../shared/usecases/sweep-due.ts";
import { readEnv } from "../env.ts";
import { clock, pause } from "../runtime.ts";

export function sweepDeps(): SweepPorts {
  const env = readEnv("TABLE_NAME", "RECONCILE_QUEUE_URL", "RECONCILE_BULK_QUEUE_URL", "ACCESS_QUEUE_URL");
  return {
    index: createDueIndex(openTable(env.TABLE_NAME)),
    queue: createReconcileQueue({ interactive: env.RECONCILE_QUEUE_URL, bulk: env.RECONCILE_BULK_QUEUE_URL }),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    clock,
    pause,
  };
}
