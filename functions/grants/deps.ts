import { createAccessQueue } from "../../shared/adapters/sqs/access-queue.ts";
import type { GrantPorts } from "../../shared/usecases/grant-access.ts";
import { readEnv } from "../env.ts";
import { reconcileDeps } from "../reconcile/deps.ts";

export const grantsDeps = (): GrantPorts => ({
  ...reconcileDeps(),
  accessQueue: createAccessQueue(readEnv("ACCESS_QUEUE_URL").ACCESS_QUEUE_URL),
});
