import platform from "../../config/tenantry.ts";
import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { Platform } from "../../shared/domain/platform.ts";
import type { Log, Secrets } from "../../shared/ports.ts";
import type { ProvisionPorts } from "../../shared/usecases/identity/provision-user.ts";
import { readEnv } from "../env.ts";
import { clock, log, newId } from "../runtime.ts";

export type ScimDeps = ProvisionPorts & { platform: Pick<Platform, "identity">; secrets: Secrets; log: Log };

export function scimDeps(): ScimDeps {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL", "STAGE");
  return {
    directory: createDirectory(openTable(env.TABLE_NAME)),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    secrets: createSecrets({ clock, stage: env.STAGE }),
    platform,
    clock,
    newId,
    log,
  };
}
