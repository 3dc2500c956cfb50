import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "@kubernetes/client-node";
import { type ClusterApi, ClusterError } from "../../shared/ports.ts";

/** Between two calls of the probe, milliseconds. */
const EVERY_MS = 50;
/** A call that takes longer had to queue, milliseconds. */
const QUEUED_MS = 1_000;

export interface Probed {
  calls: number;
  /** Answered 429, or over a second. */
  queued: number;
  /** Any other failure. */
  failed: number;
  times: number[];
}

/**
 * Another tenant's calls, at a steady low rate and each tried once: reads of its namespace and applies of an object in it by turns.
 * `stop` answers what came of them.
 */
export function startProbe(api: ClusterApi, namespace: string): { stop(): Promise<Probed> } {
  const probed: Probed = { calls: 0, queued: 0, failed: 0, times: [] };
  const never = new AbortController().signal;
  let stopped = false;
  const object = (turn: number): KubernetesObject => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "probe", namespace, annotations: { turn: String(turn) } },
  });
  const call = async (turn: number): Promise<void> => {
    const start = performance.now();
    let queued = false;
    try {
      await (turn % 2 === 0 ? api.get({ apiVersion: "v1", kind: "Namespace", name: namespace }, never) : api.apply(object(turn), never));
    } catch (error) {
      queued = error instanceof ClusterError && (error.status === 429 || error.reason === "Timeout");
      if (!queued) probed.failed += 1;
    }
    const took = performance.now() - start;
    probed.calls += 1;
    probed.times.push(took);
    if (queued || took > QUEUED_MS) probed.queued += 1;
  };
  const loop = (async () => {
    const open = new Set<Promise<void>>();
    for (let turn = 0; !stopped; turn++) {
      const one = call(turn).finally(() => open.delete(one));
      open.add(one);
      await sleep(EVERY_MS);
    }
    await Promise.all(open);
  })();
  return {
    async stop() {
      stopped = true;
      await loop;
      return probed;
    },
  };
}
