import { type ForeignEvent, sbtAnswers } from "./sbt.ts";
import type { Cause, Tenant, Timestamp } from "./tenant.ts";

/** An event of the outbox: written in the transaction of the state it speaks of, published at least once. */
export interface OutboxEvent {
  tenantId: string;
  /** Orders a tenant's events: 1, 2, 3, ... */
  sequence: number;
  eventId: string;
  type: string;
  occurredAt: Timestamp;
  /** EventBridge `detail`: `{metadata, data}`. */
  detail: { metadata: Record<string, unknown>; data: Record<string, unknown> };
  /** The same in the words of a system that waits for it: published with it, or not at all. */
  answers?: ForeignEvent[] | undefined;
  /** Epoch seconds at which the audit trail forgets it. */
  ttl: number;
}

/** Version of the events' schemas, in every envelope. */
export const EVENT_VERSION = "1.0";

export interface Said {
  type: string;
  data: Record<string, unknown>;
  cause: Cause;
}

/** Makes the outbox events that follow a tenant's last one; `after` is the tenant with its sequence moved on, and how long the events stay. */
export function say(
  tenant: Tenant,
  said: Said[],
  at: { now: Timestamp; newId: () => string; auditDays: number },
): { after: Tenant; events: OutboxEvent[] } {
  const { tenantId } = tenant;
  const events = said.map((one, index): OutboxEvent => {
    const { type, data } = one;
    const { sbt: _answered, ...cause } = one.cause;
    const answers = sbtAnswers(tenant, one);
    const sequence = tenant.sequence + index + 1;
    const eventId = at.newId();
    return {
      tenantId,
      sequence,
      eventId,
      type,
      occurredAt: at.now,
      detail: { metadata: { eventId, version: EVENT_VERSION, occurredAt: at.now, tenantId, sequence, ...cause }, data },
      ...(answers.length > 0 && { answers }),
      ttl: ttlAfter(at.now, at.auditDays),
    };
  });
  if (events.length === 0) return { after: tenant, events };
  const eventsUntil = Math.max(tenant.eventsUntil ?? 0, ...events.map(({ ttl }) => ttl));
  return { after: { ...tenant, sequence: tenant.sequence + events.length, eventsUntil }, events };
}

/** Epoch seconds `days` after a time. */
export function ttlAfter(now: Timestamp, days: number): number {
  return Math.floor(Date.parse(now) / 1000) + days * 86_400;
}
