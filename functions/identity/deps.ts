import platform from "../../config/tenantry.ts";
import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { createGrantsRounds } from "../../shared/adapters/dynamodb/grants-rounds.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createTenantStore } from "../../shared/adapters/dynamodb/tenant-store.ts";
import { createOktaApi } from "../../shared/adapters/okta.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { NewId, ProviderApi, Secrets } from "../../shared/ports.ts";
import type { ComparisonPorts } from "../../shared/usecases/identity/compare-with-okta.ts";
import type { GrantsComparisonPorts } from "../../shared/usecases/identity/compare-grants.ts";
import { readEnv } from "../env.ts";
import { clock, log, newId } from "../runtime.ts";

export type ComparisonDeps = ComparisonPorts &
  GrantsComparisonPorts & {
    platform: typeof platform;
    newId: NewId;
    secrets: Secrets;
    openApi: (url: string, token: string, signal: AbortSignal) => ProviderApi;
  };

export function comparisonDeps(): ComparisonDeps {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL", "STAGE");
  const table = openTable(env.TABLE_NAME);
  return {
    directory: createDirectory(table),
    store: createTenantStore(table),
    rounds: createGrantsRounds(table),
    newId,
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    secrets: createSecrets({ clock, stage: env.STAGE }),
    openApi: (url, token, signal) => createOktaApi({ url, token, signal }),
    platform,
    clock,
    log,
  };
}
