import type { ClusterRegistry } from "../ports.ts";
import type { DriftMessage } from "./check-drift.ts";

/** Where checks are asked for, one message a cluster. */
export interface DriftQueue {
  send(messages: DriftMessage[]): Promise<void>;
}

/** Asks for a check of each registered cluster; answers how many. A paused one is left in peace. */
export async function enqueueDriftChecks({ registry, queue }: { registry: ClusterRegistry; queue: DriftQueue }): Promise<number> {
  const clusters = (await registry.list()).filter(({ paused }) => paused !== true);
  await queue.send(clusters.map(({ name }) => ({ cluster: name })));
  return clusters.length;
}
