import * as z from "zod";
import { type InputIssue, TenantryError } from "../../shared/domain/errors.ts";
import { toIssues } from "../../shared/domain/issues.ts";
import type { Timestamp } from "../../shared/domain/tenant.ts";
import { type IncomingType, incomingEvents } from "./registry.ts";

export { type IncomingType, incomingEvents } from "./registry.ts";

/** An incoming event, checked, with EventBridge's own id and time where its metadata says nothing. */
export type Incoming<T extends IncomingType = IncomingType> = {
  [K in T]: {
    type: K;
    /** Dedupes within `source`. */
    eventId: string;
    source: string;
    /** UTC with milliseconds. */
    occurredAt: Timestamp;
    correlationId: string;
    /** Who asked: the metadata's actor, else the source. */
    actor: string;
    data: z.infer<(typeof incomingEvents)[K]["schema"]>["data"];
  };
}[T];

/** What of EventBridge's envelope is read; the rest (account, region, ...) may be there. */
const eventBridgeEvent = z.object({
  id: z.string().min(1).max(255),
  source: z.string().min(1).max(256),
  "detail-type": z.string(),
  time: z.string(),
  detail: z.unknown(),
});

/** A clock may be this far ahead of ours, milliseconds. */
const maxSkewMs = 5 * 60_000;

/**
 * Reads an event as EventBridge delivers it.
 * @param types the types that the caller handles; all by default
 * @throws TenantryError `InvalidInput` with the mistakes: pointers are into the EventBridge event
 */
export function parseIncoming<T extends IncomingType = IncomingType>(event: unknown, now: Date, types?: readonly T[]): Incoming<T> {
  const { id, source, time, detail, "detail-type": type } = parseEnvelope(event);
  if (!isKnown(type) || (types !== undefined && !(types as readonly string[]).includes(type))) {
    throw invalid(`Events of type ${JSON.stringify(type.slice(0, 100))} are not handled here.`, [
      { pointer: "/detail-type", detail: "unknown type" },
    ]);
  }
  const parsed = incomingEvents[type].schema.safeParse(detail);
  if (!parsed.success) throw invalid(`The ${type} event does not fit its schema.`, toIssues(parsed.error, ["detail"]));
  const metadata = parsed.data.metadata ?? {};
  const eventId = metadata.eventId ?? id;
  return {
    type,
    eventId,
    source,
    occurredAt:
      metadata.occurredAt === undefined ? busTime(time, now) : checkedTime(metadata.occurredAt, "/detail/metadata/occurredAt", now),
    correlationId: metadata.correlationId ?? eventId,
    actor: metadata.actor ?? source,
    data: parsed.data.data,
  } as Incoming<T>;
}

/** EventBridge's own part of an event. Throws `InvalidInput`. */
export function parseEnvelope(event: unknown): z.infer<typeof eventBridgeEvent> {
  const outer = eventBridgeEvent.safeParse(event);
  if (!outer.success) throw invalid("The message is not an EventBridge event.", toIssues(outer.error));
  return outer.data;
}

const isKnown = (type: string): type is IncomingType => Object.hasOwn(incomingEvents, type);

/**
 * EventBridge's time is cut to the second: the end of that second is taken, as the event came after what was recorded
 * earlier in it; but never a time that is still to come.
 */
export function busTime(time: string, now: Date): Timestamp {
  const cut = checkedTime(time, "/time", now);
  const end = Date.parse(cut) + (cut.endsWith(".000Z") ? 999 : 0);
  return new Date(Math.max(Date.parse(cut), Math.min(end, now.getTime()))).toISOString();
}

/** A time from the future would win over every later command: refused, beyond the skew of clocks. */
function checkedTime(text: string, pointer: string, now: Date): Timestamp {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalid("The event's time cannot be read.", [{ pointer, detail: "an RFC 3339 time" }]);
  if (time.getTime() > now.getTime() + maxSkewMs) {
    throw invalid("The event lies in the future.", [{ pointer, detail: "more than 5 minutes in the future" }]);
  }
  return time.toISOString();
}

/** `InvalidInput` with its mistakes, the first of them also in words. */
export function invalid(message: string, issues: InputIssue[]): TenantryError {
  const [first] = issues;
  return new TenantryError("InvalidInput", first ? `${message} ${first.pointer}: ${first.detail}` : message, { issues });
}
