import { claimed, uncheckedSeconds } from "../domain/drift-check.ts";
import type { ClusterRegistry, DriftMessage, DriftQueue } from "../ports.ts";
import { changeCheck, checkOf, type DriftCheckPorts } from "./drift/change-check.ts";

export interface EnqueuePorts extends DriftCheckPorts {
  registry: Pick<ClusterRegistry, "list">;
  queue: DriftQueue;
}

export interface DriftEnqueued {
  /** Registered clusters, those paused left out. */
  clusters: number;
  /** Checks that were due, and asked for. */
  due: number;
  /** The longest that one of the clusters has not been compared as a whole, seconds. */
  oldestAgeSeconds: number;
}

/** The certain path: claims each check that is due, begun or not, and enqueues it. A paused cluster is left in peace. */
export async function enqueueDriftChecks(ports: EnqueuePorts): Promise<DriftEnqueued> {
  const { registry, checks, queue, clock, driftIntervalMs } = ports;
  const [all, known] = await Promise.all([registry.list(), checks.list()]);
  const clusters = all.filter(({ paused }) => paused !== true);
  const now = clock.now().toISOString();
  const messages: DriftMessage[] = [];
  let oldestAgeSeconds = 0;
  for (const cluster of clusters) {
    const check = checkOf(
      cluster,
      known.find((one) => one.cluster === cluster.name),
      driftIntervalMs,
    );
    oldestAgeSeconds = Math.max(oldestAgeSeconds, uncheckedSeconds(check, now));
    if (check.dueAt > now) continue;
    const claim = await changeCheck(cluster, ports, (fresh) => claimed(fresh, check.dueAt, now));
    if (claim !== undefined) messages.push({ cluster: cluster.name, dueAt: claim.dueAt });
  }
  await queue.send(messages);
  return { clusters: clusters.length, due: messages.length, oldestAgeSeconds };
}
