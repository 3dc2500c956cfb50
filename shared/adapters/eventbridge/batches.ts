import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";

/** Entries that one PutEvents takes. */
const MOST_ENTRIES = 10;
/** What an entry, and all entries of one PutEvents together, may have. */
export const MOST_BYTES = 256 * 1024;

/** The size of an entry as EventBridge counts it, bytes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html. */
export function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time === undefined ? 0 : 14) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** Splits entries, each of which fits, into requests that PutEvents takes; in order. */
export function batchesOf<T extends { entry: PutEventsRequestEntry }>(entries: T[]): T[][] {
  const batches: T[][] = [];
  let bytes = 0;
  for (const one of entries) {
    const size = sizeOf(one.entry);
    const last = batches.at(-1);
    if (last === undefined || last.length === MOST_ENTRIES || bytes + size > MOST_BYTES) {
      batches.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return batches;
}
