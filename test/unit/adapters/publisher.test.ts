import { describe, expect, test } from "@jest/globals";
import type { PutEventsCommand, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { batchesOf, MOST_BYTES, sizeOf } from "../../../shared/adapters/eventbridge/batches.ts";
import { createEventPublisher } from "../../../shared/adapters/eventbridge/publisher.ts";
import type { OutboxEvent } from "../../../shared/ports.ts";
import { publishEvents } from "../../../shared/usecases/publish-events.ts";

/** A bus that refuses, whole, what is over AWS's limits for one request. */
function aBus() {
  const requests: PutEventsRequestEntry[][] = [];
  const send = async ({ input: { Entries = [] } }: PutEventsCommand) => {
    const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (Entries.length > 10 || bytes > 256 * 1024) throw Object.assign(new Error("over the limit"), { name: "ValidationException" });
    requests.push(Entries);
    return { Entries: Entries.map((_, index) => ({ EventId: String(index) })) };
  };
  return { requests, publisher: createEventPublisher("bus", { send } as never) };
}

const anEvent = (sequence: number, text: string): OutboxEvent => ({
  tenantId: "acme",
  sequence,
  eventId: `evt-${sequence}`,
  type: "TenantDriftRepaired",
  occurredAt: "2030-01-01T00:00:00.000Z",
  detail: { metadata: {}, data: { text } },
  ttl: 3_900_000_000,
});

describe("a request to the bus", () => {
  test("counts the time as 14 bytes and texts by their UTF-8", () => {
    const entry = { Time: new Date(), Source: "é", DetailType: "ab", Detail: '"€"', Resources: ["x", "yz"] };
    expect(sizeOf(entry)).toBe(14 + 2 + 2 + 5 + 3);
    expect(sizeOf({ Source: "a" })).toBe(1);
  });

  test("holds ten entries and 256 KB at the most, in the order of the events", () => {
    const entries = Array.from({ length: 25 }, (_, n) => ({ n, entry: { Detail: "x".repeat(n % 3 === 0 ? 100_000 : 10) } }));
    const batches = batchesOf(entries);
    expect(batches.flat()).toEqual(entries);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(10);
      expect(batch.reduce((sum, { entry }) => sum + sizeOf(entry), 0)).toBeLessThanOrEqual(MOST_BYTES);
    }
    expect(batchesOf([])).toEqual([]);
  });

  test("takes many large events in several requests", async () => {
    const { publisher, requests } = aBus();
    const events = [...Array.from({ length: 9 }, (_, n) => anEvent(n, "x".repeat(100_000))), anEvent(9, "small")];
    expect((await publisher.publish(events)).published).toEqual(events);
    expect(requests.length).toBe(5);
  });
});

describe("an event that is too large for the bus", () => {
  const large = anEvent(1, "€".repeat(100_000));
  const small = anEvent(2, "small");

  test("is refused for good, and those beside it are published", async () => {
    const { publisher } = aBus();
    const { published, failed } = await publisher.publish([large, small]);
    expect(published).toEqual([small]);
    expect(failed).toEqual([
      { event: large, reason: expect.stringMatching(/^The bus takes 262144 bytes, and it has 3000\d\d\.$/), final: true },
    ]);
  });

  test("is a dead letter that names it, and is due no more", async () => {
    const { publisher } = aBus();
    const removed: number[] = [];
    const letters: { body: string; code: string }[] = [];
    const errors: string[] = [];
    await publishEvents([large, small], {
      publisher,
      outbox: { get: async () => undefined, remove: async ({ sequence }) => void removed.push(sequence) },
      deadLetters: { add: async (body, { code }) => void letters.push({ body, code }) },
      log: { info: () => {}, warn: () => {}, error: (message) => void errors.push(message) },
    });
    expect(removed.sort()).toEqual([1, 2]);
    const body = { tenantId: "acme", sequence: 1, eventId: "evt-1", type: "TenantDriftRepaired", occurredAt: large.occurredAt };
    expect(letters).toEqual([{ body: JSON.stringify(body), code: "EventTooLarge" }]);
    expect(errors).toHaveLength(1);
  });

  test("stays due where it could not be set aside", async () => {
    const { publisher } = aBus();
    const removed: number[] = [];
    const publishing = publishEvents([large, small], {
      publisher,
      outbox: { get: async () => undefined, remove: async ({ sequence }) => void removed.push(sequence) },
      deadLetters: { add: async () => Promise.reject(new Error("no queue")) },
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    await expect(publishing).rejects.toThrow("no queue");
    expect(removed).toEqual([2]);
  });
});
