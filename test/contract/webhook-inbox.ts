import { beforeEach, describe, expect, test } from "@jest/globals";
import type { DueIndex, DueItem, WebhookInbox, WebhookMessage } from "../../shared/ports.ts";

/** Far ahead, so that no sweep of a running stack is at these items too. */
const dueAt = "2090-01-01T00:01:00.000Z";
const receivedAt = "2090-01-01T00:00:00.000Z";
const ttl = Date.parse("2090-01-31T00:00:00.000Z") / 1_000;

/** What every WebhookInbox keeps to, and that a DueIndex finds its messages. */
export function webhookInboxContract(name: string, make: () => Promise<{ inbox: WebhookInbox; index: DueIndex }>): void {
  describe(`${name} as a WebhookInbox`, () => {
    let inbox: WebhookInbox;
    let index: DueIndex;
    let message: WebhookMessage;
    beforeEach(async () => {
      ({ inbox, index } = await make());
      message = { provider: "okta", id: `m-${Math.random().toString(36).slice(2)}`, body: '{"text":"é 漢"}', receivedAt };
    });
    const add = async (asked = message): Promise<DueItem> => (await inbox.add(asked, dueAt, ttl)) as DueItem;
    const due = async (item: DueItem): Promise<DueItem[]> => {
      const shards = Array.from({ length: index.shards }, (_, shard) => index.due("access", shard, "2090-01-01T00:10:00.000Z", 1_000));
      return (await Promise.all(shards)).flat().filter(({ pk }) => pk === item.pk);
    };
    const dueUntil = async (item: DueItem, count: number): Promise<DueItem[]> => {
      for (let attempt = 0; ; attempt++) {
        const found = await due(item);
        if (found.length === count || attempt === 50) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };

    test("keeps a message as it came, due at the time given", async () => {
      const item = await add();
      expect(item.dueAt).toBe(dueAt);
      expect(await inbox.get(item)).toEqual(message);
      expect(await dueUntil(item, 1)).toEqual([item]);
    });

    test("takes one of many with the same id, and none after it", async () => {
      const taken = await Promise.all(Array.from({ length: 5 }, (_, n) => inbox.add({ ...message, body: String(n) }, dueAt, ttl)));
      expect(taken.filter((item) => item !== undefined)).toHaveLength(1);
      expect(await inbox.add(message, dueAt, ttl)).toBeUndefined();
      expect(await add({ ...message, provider: "workos" })).toBeDefined();
    });

    test("remembers the id of one that is done, and neither its body nor a due time; done twice is once", async () => {
      const item = await add();
      await inbox.done(message);
      await inbox.done(message);
      expect(await inbox.get(item)).toBeUndefined();
      expect(await dueUntil(item, 0)).toEqual([]);
      expect(await inbox.add(message, dueAt, ttl)).toBeUndefined();
    });

    test("takes an id again once its time is past", async () => {
      await add();
      await inbox.done(message);
      const later = { ...message, receivedAt: "2090-02-01T00:00:00.000Z", body: "{}" };
      const item = (await inbox.add(later, "2090-02-01T00:01:00.000Z", ttl + 86_400 * 30)) as DueItem;
      expect(await inbox.get(item)).toEqual(later);
    });

    test("answers nothing for a message that is not there, and marks none", async () => {
      await inbox.done(message);
      const { pk, sk } = await add({ ...message, id: `${message.id}-other` });
      expect(await inbox.get({ pk: pk.replace("-other", ""), sk })).toBeUndefined();
    });

    test("keeps a body of a megabyte that can be compressed", async () => {
      const item = await add({
        ...message,
        body: JSON.stringify({ events: Array(8_000).fill("the same text again and again, as logs are: 0123456789") }),
      });
      expect((await inbox.get(item))?.body.length).toBeGreaterThan(400_000);
    });
  });
}
