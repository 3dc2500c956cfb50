import type { OutboxEvent } from "../../ports.ts";
import { keys, shardOf } from "./table.ts";

/** Time that the stream has to publish an event before the sweep takes it, milliseconds. */
const STREAM_HEAD_START_MS = 60_000;

/** An outbox event as its item. `dueAt`, `dueSince` and `dueShard` go once it is published; the rest is the audit trail. */
export function eventItem(event: OutboxEvent): Record<string, unknown> {
  return {
    ...keys.event(event.tenantId, event.sequence),
    ...event,
    dueAt: new Date(Date.parse(event.occurredAt) + STREAM_HEAD_START_MS).toISOString(),
    dueShard: keys.dueShard("event", shardOf(event.tenantId)),
  };
}

export function eventOf(item: Record<string, unknown>): OutboxEvent {
  const { pk: _pk, sk: _sk, dueAt: _dueAt, dueSince: _dueSince, dueShard: _dueShard, ...event } = item;
  return event as unknown as OutboxEvent;
}
