import type { Clock, DueIndex, EventPublisher, Log, Outbox, OutboxEvent } from "../ports.ts";
import { allShards, type Swept, sweepShard } from "./sweep-due.ts";

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
  for (const mark of marked) if (mark.status === "rejected") throw mark.reason;
  return published.length;
}

/** The certain path of the outbox: publishes whatever is still due, after claiming it. */
export async function sweepOutbox(
  { index, clock, ...ports }: PublishPorts & { index: DueIndex; clock: Clock },
  signal: AbortSignal,
): Promise<Swept> {
  return allShards(index, (shard) =>
    sweepShard(
      index,
      "event",
      shard,
      clock,
      signal,
      async (item, claimedUntil) => ((await index.claim(item, claimedUntil)) ? ports.outbox.get(item) : undefined),
      async (events) => {
        await publishEvents(events, ports);
      },
    ),
  );
}
