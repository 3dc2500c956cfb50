import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { ForeignEvent } from "../../domain/sbt.ts";
import type { EventPublisher, ForeignPublisher, OutboxEvent } from "../../ports.ts";
import { awsClient } from "../aws.ts";
import { batchesOf, MOST_BYTES, sizeOf } from "./batches.ts";

type Entry = PutEventsRequestEntry;
type Failure = Awaited<ReturnType<EventPublisher["publish"]>>["failed"][number];

/**
 * Publishes outbox events on the bus, as source `tenantry`, each with what other systems are answered by it.
 * PutEvents answers 200 with failed entries in it; an event is published once all that belongs to it was taken.
 */
export function createEventPublisher(busName: string, client = new EventBridgeClient(awsClient)): EventPublisher {
  const entriesOf = (event: OutboxEvent): Entry[] => [
    {
      EventBusName: busName,
      Source: "tenantry",
      DetailType: event.type,
      Time: new Date(event.occurredAt),
      Resources: [`tenant/${event.tenantId}`],
      Detail: JSON.stringify(event.detail),
    },
    ...(event.answers ?? []).map((answer) => foreignEntry(busName, answer)),
  ];
  const publishBatch = async (batch: { event: OutboxEvent; entry: Entry }[]): Promise<Failure[]> => {
    try {
      const answer = await client.send(new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }));
      return batch.flatMap(({ event }, index) => {
        const taken = answer.Entries?.[index];
        if (taken?.EventId !== undefined) return [];
        return [{ event, reason: `${taken?.ErrorCode ?? "NoAnswer"}: ${taken?.ErrorMessage ?? ""}` }];
      });
    } catch (error) {
      return batch.map(({ event }) => ({ event, reason: String(error) }));
    }
  };
  return {
    async publish(events) {
      const all = events.map((event) => ({ event, entries: entriesOf(event) }));
      const tooLarge = all.flatMap(({ event, entries }): Failure[] => {
        const bytes = Math.max(...entries.map(sizeOf));
        return bytes <= MOST_BYTES ? [] : [{ event, reason: `The bus takes ${MOST_BYTES} bytes, and it has ${bytes}.`, final: true }];
      });
      const fits = all.filter(({ event }) => !tooLarge.some((one) => one.event === event));
      const batches = batchesOf(fits.flatMap(({ event, entries }) => entries.map((entry) => ({ event, entry }))));
      const reasons = (await Promise.all(batches.map(publishBatch))).flat();
      const failed = [...new Map([...tooLarge, ...reasons].map((one) => [one.event, one])).values()];
      return { published: events.filter((event) => !failed.some((one) => one.event === event)), failed };
    },
  };
}

const foreignEntry = (busName: string, { source, type, detail }: ForeignEvent): Entry => ({
  EventBusName: busName,
  Source: source,
  DetailType: type,
  Detail: JSON.stringify(detail),
});

/** Says something to another system at once, without the outbox: for what no record speaks of. Throws where the bus did not take all. */
export function createForeignPublisher(busName: string, client = new EventBridgeClient(awsClient)): ForeignPublisher {
  return async (events) => {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: events.map((event) => foreignEntry(busName, event)) }));
    const refused = Entries.find(({ EventId }) => EventId === undefined);
    if (refused !== undefined) throw new Error(`The bus did not take an answer: ${refused.ErrorCode} ${refused.ErrorMessage ?? ""}`);
  };
}
