import platform from "../../config/tenantry.ts";
import { createDirectory } from "../../shared/adapters/dynamodb/directory.ts";
import { openTable } from "../../shared/adapters/dynamodb/table.ts";
import { createOktaApi } from "../../shared/adapters/okta.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { ProviderApi, Secrets } from "../../shared/ports.ts";
import type { ComparisonPorts } from "../../shared/usecases/identity/compare-with-okta.ts";
import type { IdentityPorts } from "../../shared/usecases/identity/due.ts";
import { readEnv } from "../env.ts";
import { clock, log } from "../runtime.ts";

export type ComparisonDeps = ComparisonPorts &
  IdentityPorts & {
    platform: typeof platform;
    secrets: Secrets;
    openApi: (url: string, token: string, signal: AbortSignal) => ProviderApi;
  };

export function comparisonDeps(): ComparisonDeps {
  const env = readEnv("TABLE_NAME", "ACCESS_QUEUE_URL");
  return {
    directory: createDirectory(openTable(env.TABLE_NAME)),
    accessQueue: createAccessQueue(env.ACCESS_QUEUE_URL),
    secrets: createSecrets({ clock }),
    openApi: (url, token, signal) => createOktaApi({ url, token, signal }),
    platform,
    clock,
    log,
  };
}
