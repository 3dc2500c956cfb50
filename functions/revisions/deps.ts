import platform from "../../config/tenantry.ts";
import { createRevisionIndex, createRevisionLog } from "../../shared/adapters/dynamodb/revisions.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createReconcileQueue } from "../../shared/adapters/sqs/reconcile-queue.ts";
import type { Log } from "../../shared/ports.ts";
import type { RevisionPorts } from "../../shared/usecases/read-revisions.ts";
import type { RevisePorts } from "../../shared/usecases/revise-tenants.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export type RevisionDeps = Omit<RevisionPorts, "log"> & { revisions: RevisionPorts["log"]; log: Log };

export function revisionDeps(): RevisionDeps {
  const table = openTable(readEnv("TABLE_NAME").TABLE_NAME);
  return {
    index: createRevisionIndex(table),
    revisions: createRevisionLog(table),
    dedupes: createTenantStore(table),
    dedupeDays: platform.retentionDays.dedupe,
    platform,
    clock,
    log,
  };
}

export function reviseDeps(): RevisePorts {
  const env = readEnv("TABLE_NAME", "RECONCILE_QUEUE_URL", "RECONCILE_BULK_QUEUE_URL");
  const table = openTable(env.TABLE_NAME);
  return {
    index: createRevisionIndex(table),
    log: createRevisionLog(table),
    store: createTenantStore(table),
    queue: createReconcileQueue({ interactive: env.RECONCILE_QUEUE_URL, bulk: env.RECONCILE_BULK_QUEUE_URL }),
    clock,
    platform,
  };
}
