import { advanced, batchAfter, begun, type DriftCheck, failed, finished, isHopeless } from "../domain/drift-check.ts";
import type { Timestamp } from "../domain/tenant.ts";
import type { DriftMessage, DriftQueue } from "../ports.ts";
import { BATCH, checkDrift, type DriftChecked, type DriftPorts } from "./check-drift.ts";
import { changeCheck, type DriftCheckPorts } from "./drift/change-check.ts";

export interface RunCheckPorts extends DriftPorts, DriftCheckPorts {
  /** Where checks are asked for. */
  driftQueue: DriftQueue;
}

export interface RunCheckTime {
  /** As `checkDrift` takes them. */
  enough: AbortSignal;
  signal: AbortSignal;
  /** When nothing of this invocation can be under way any more. */
  until: Timestamp;
}

/**
 * One invocation of a check.
 *
 *     begin: takes the check until its own end, if due is as the message says ── else void
 *       │  compare, batch by batch
 *       ├─ time is up: record how far it came; a message goes on
 *       ├─ failed: record why; due again after a growing pause, a smaller batch next; after five tries the check has failed
 *       └─ done: record the result; the next is due after the interval
 *
 * A message that is lost, or an invocation that dies, is only a delay: the due time stands, and the schedule finds it.
 */
export async function runDriftCheck({ cluster: name, dueAt }: DriftMessage, ports: RunCheckPorts, time: RunCheckTime): Promise<void> {
  const { until } = time;
  const cluster = await ports.registry.get(name);
  if (cluster === undefined || cluster.paused === true) return;
  const check = await changeCheck(cluster, ports, (known, now) => begun(known, dueAt, until, now));
  if (check === undefined) return;
  const checked = await compared(name, check, ports, time);
  const after = await changeCheck(cluster, ports, (known, now) => {
    if (typeof checked === "string") return failed(known, until, checked, now, ports.driftIntervalMs);
    if (checked.next !== undefined) return advanced(known, until, checked.next, now);
    return finished(known, until, checked, now, ports.driftIntervalMs);
  });
  if (after?.run?.tries === 0) await ports.driftQueue.send([{ cluster: name, dueAt: after.dueAt }]);
  const { last, run } = after ?? {};
  ports.log.info("Checked for drift.", {
    cluster: name,
    ...(run === undefined ? last : { startedAt: run.startedAt, ...run.progress?.counts }),
  });
}

/** What was done, or why nothing was. */
async function compared(
  cluster: string,
  { run }: DriftCheck,
  ports: RunCheckPorts,
  { enough, signal }: RunCheckTime,
): Promise<DriftChecked | string> {
  if (run === undefined || isHopeless(run)) return run?.reason ?? "The function ended again and again before a batch was done.";
  try {
    const limits = { enough, signal, batch: batchAfter(run, BATCH) };
    return (await checkDrift({ cluster, from: run.progress }, ports, limits)) ?? "The cluster was paused or removed meanwhile.";
  } catch (error) {
    ports.log.error("A check for drift failed.", { cluster, tries: run.tries, error: String(error) });
    return String(error).slice(0, REASON);
  }
}

/** Characters of a failure's words that are kept. */
const REASON = 500;
