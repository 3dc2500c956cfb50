import pLimit from "p-limit";
import type { Clock, DueIndex, EventPublisher, Log, Outbox, OutboxEvent } from "../ports.ts";
import { allOf, type Swept, sweepKind } from "./sweep-due.ts";

/** Events being read at once. */
const READS = 32;

export interface PublishPorts {
  outbox: Outbox;
  publisher: EventPublisher;
  log: Log;
}

/** Publishes events, and takes the due time off those that the bus took. The rest stay due: the sweep tries again. */
export async function publishEvents(events: OutboxEvent[], { outbox, publisher, log }: PublishPorts): Promise<number> {
  const { published, failed } = await publisher.publish(events);
  // All of them, before an error goes on: nothing outlives the return. What was not marked is published again.
  const marked = await Promise.allSettled(published.map((event) => outbox.markPublished(event)));
  for (const { event, reason } of failed) {
    log.warn("An event was not taken by the bus; the sweep tries again.", { tenantId: event.tenantId, sequence: event.sequence, reason });
  }
  allOf(marked);
  return published.length;
}

/** The certain path of the outbox: publishes whatever is still due, after claiming it. */
export function sweepOutbox(ports: PublishPorts & { index: DueIndex; clock: Clock }, signal: AbortSignal): Promise<Swept> {
  const limit = pLimit(READS);
  return sweepKind("event", ports, signal, async (claimed) => {
    const reads = await Promise.allSettled(claimed.map((item) => limit(() => ports.outbox.get(item))));
    const events = reads.flatMap((read) => (read.status === "fulfilled" && read.value !== undefined ? [read.value] : []));
    // What was read is published before a read that failed ends the sweep.
    if (events.length > 0) await publishEvents(events, ports);
    allOf(reads);
  });
}
