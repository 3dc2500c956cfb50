import pLimit from "p-limit";
import type { DeadLetters, EventPublisher, Log, Outbox, OutboxEvent } from "../ports.ts";
import { allOf } from "../reconcile/when-all-ended.ts";
import { type IndexPorts, type Swept, sweepKind } from "./sweep-due.ts";

/** Events being read at once. */
const READS = 32;

export interface PublishPorts {
  outbox: Outbox;
  publisher: EventPublisher;
  deadLetters: DeadLetters;
  log: Log;
}

/**
 * Publishes events, and takes those off the outbox that the bus took. One that it can never take is set aside as a dead letter. The rest
 * stay due: the sweep tries again.
 */
export async function publishEvents(events: OutboxEvent[], ports: PublishPorts): Promise<number> {
  const { outbox, publisher, log } = ports;
  const { published, failed } = await publisher.publish(events);
  const never = failed.filter(({ final }) => final === true);
  // All of them, before an error goes on: nothing outlives the return. What is not off the outbox is published again.
  const removed = await Promise.allSettled([
    ...published.map((event) => outbox.remove(event)),
    ...never.map(({ event, reason }) => setAside(event, reason, ports)),
  ]);
  for (const { event, reason, final } of failed) {
    if (final === true) continue;
    log.warn("An event was not taken by the bus; the sweep tries again.", { tenantId: event.tenantId, sequence: event.sequence, reason });
  }
  allOf(removed);
  return published.length;
}

/** What is too large for the bus is so for a queue: the letter names the event, which stays in the tenant's audit trail. */
async function setAside(
  { tenantId, sequence, eventId, type, occurredAt }: OutboxEvent,
  reason: string,
  { outbox, deadLetters, log }: PublishPorts,
): Promise<void> {
  log.error("An event can never be published; it is set aside as a dead letter.", { tenantId, sequence, reason });
  await deadLetters.add(JSON.stringify({ tenantId, sequence, eventId, type, occurredAt }), { code: "EventTooLarge", reason });
  await outbox.remove({ tenantId, sequence });
}

/** The certain path of the outbox: publishes whatever is still due, after claiming it. */
export function sweepOutbox(ports: PublishPorts & IndexPorts, signal: AbortSignal): Promise<Swept> {
  const limit = pLimit(READS);
  return sweepKind("event", ports, signal, async (claimed) => {
    const reads = await Promise.allSettled(claimed.map((item) => limit(() => ports.outbox.get(item))));
    const events = reads.flatMap((read) => (read.status === "fulfilled" && read.value !== undefined ? [read.value] : []));
    // What was read is published before a read that failed ends the sweep.
    if (events.length > 0) await publishEvents(events, ports);
    allOf(reads);
  });
}
