import { createForeignPublisher } from "../../shared/adapters/eventbridge/publisher.ts";
import { readEnv } from "../env.ts";
import { commandQueueDeps, reconcileDeps } from "../reconcile/deps.ts";

/** The heart, the queue, and the bus for what no record speaks of. */
export const sbtDeps = () => ({
  ports: reconcileDeps(),
  queue: { ...commandQueueDeps(), tell: createForeignPublisher(readEnv("EVENT_BUS_NAME").EVENT_BUS_NAME) },
});
