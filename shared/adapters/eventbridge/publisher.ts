import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { EventPublisher, OutboxEvent } from "../../ports.ts";

/** Entries that PutEvents takes at once. */
const BATCH = 10;

/** Publishes outbox events on the bus, as source `tenantry`. PutEvents answers 200 with failed entries in it. */
export function createEventPublisher(busName: string, client = new EventBridgeClient({})): EventPublisher {
  const publishBatch = async (events: OutboxEvent[]): ReturnType<EventPublisher["publish"]> => {
    try {
      const answer = await client.send(
        new PutEventsCommand({
          Entries: events.map((event) => ({
            EventBusName: busName,
            Source: "tenantry",
            DetailType: event.type,
            Time: new Date(event.occurredAt),
            Resources: [`tenant/${event.tenantId}`],
            Detail: JSON.stringify(event.detail),
          })),
        }),
      );
      const entries = answer.Entries ?? [];
      const errorOf = (index: number): string | undefined => {
        const entry = entries[index];
        return entry?.EventId === undefined ? `${entry?.ErrorCode ?? "NoAnswer"}: ${entry?.ErrorMessage ?? ""}` : undefined;
      };
      return {
        published: events.filter((_, index) => errorOf(index) === undefined),
        failed: events.flatMap((event, index) => (errorOf(index) === undefined ? [] : [{ event, reason: errorOf(index) ?? "" }])),
      };
    } catch (error) {
      return { published: [], failed: events.map((event) => ({ event, reason: String(error) })) };
    }
  };
  return {
    async publish(events) {
      const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, index) =>
        events.slice(index * BATCH, (index + 1) * BATCH),
      );
      const answers = await Promise.all(batches.map(publishBatch));
      return { published: answers.flatMap(({ published }) => published), failed: answers.flatMap(({ failed }) => failed) };
    },
  };
}
