import type { OutboxEvent } from "../../../../shared/ports.ts";
import type { World } from "../world.ts";

/** What is said of a failure comes again with the next failure. */
const repeated = new Set(["TenantFailed", "TenantBlocked"]);

/** Each tenant's events have one id each, and their sequence has no gap. */
export function sequencesWhole({ table }: World): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  for (const { tenantId, sequence } of table.tenants.values()) {
    const events = eventsOf(table.history, tenantId);
    const numbers = events.map((event) => event.sequence);
    if (numbers.length !== sequence || numbers.some((number, index) => number !== index + 1))
      found.push(`${tenantId} has events ${numbers.join(",")} and sequence ${sequence}`);
    for (const { eventId } of events) {
      if (ids.has(eventId)) found.push(`${eventId} is the id of two events`);
      ids.add(eventId);
    }
  }
  return found;
}

/** Of one command, no event is said twice of the same person, or of the tenant. */
export function eventsSaidOnce({ table }: World): string[] {
  const said = new Map<string, number>();
  for (const { tenantId, type, detail } of table.history) {
    if (repeated.has(type)) continue;
    const { userId = "", role = "" } = detail.data;
    const what = `${type} of ${[tenantId, userId, role].filter(Boolean).join(" ")} for ${detail.metadata["causationId"]}`;
    said.set(what, (said.get(what) ?? 0) + 1);
  }
  return [...said].filter(([, times]) => times > 1).map(([what, times]) => `${what} was said ${times} times`);
}

/** Each event is published at least once, as it was said, and nothing else is. */
export function eventsPublished({ table, bus }: World): string[] {
  const found: string[] = [];
  const byId = new Map(table.history.map((event) => [event.eventId, event]));
  const taken = new Set(bus.map(({ eventId }) => eventId));
  for (const { sequence, type, eventId } of table.history)
    if (!taken.has(eventId)) found.push(`event ${sequence} ${type} was never published`);
  for (const copy of bus) {
    const event = byId.get(copy.eventId);
    if (table.forgotten.has(copy.eventId)) continue;
    if (event === undefined) found.push("the bus has an event that no record speaks of");
    else if (JSON.stringify(copy) !== JSON.stringify(event)) found.push(`event ${event.sequence} ${event.type} was published in two ways`);
  }
  if (table.unpublished.size > 0) found.push(`unpublished events: ${[...table.unpublished.keys()].join(", ")}`);
  return found;
}

const eventsOf = (events: readonly OutboxEvent[], tenantId: string): OutboxEvent[] => events.filter((event) => event.tenantId === tenantId);
