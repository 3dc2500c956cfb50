import type { DueItem, WebhookInbox, WebhookMessage } from "../../shared/ports.ts";
import type { MemoryDueSource } from "./memory-table.ts";

interface Kept {
  message: WebhookMessage;
  dueAt: string | undefined;
  ttl: number;
}

/** The webhooks' messages in memory: the same contract as DynamoDB's (test/contract/webhook-inbox.ts). */
export class MemoryWebhookInbox implements WebhookInbox, MemoryDueSource {
  readonly kept = new Map<string, Kept>();

  async add(message: WebhookMessage, dueAt: string, ttl: number): Promise<DueItem | undefined> {
    const pk = pkOf(message);
    const before = this.kept.get(pk);
    if (before !== undefined && before.ttl >= Math.floor(Date.parse(message.receivedAt) / 1_000)) return undefined;
    this.kept.set(pk, { message: { ...message }, dueAt, ttl });
    return { pk, sk: "MESSAGE", dueAt };
  }

  async get({ pk }: Pick<DueItem, "pk" | "sk">): Promise<WebhookMessage | undefined> {
    const found = this.kept.get(pk);
    return found?.dueAt === undefined ? undefined : { ...found.message };
  }

  async done(message: WebhookMessage): Promise<void> {
    const found = this.kept.get(pkOf(message));
    if (found !== undefined) found.dueAt = undefined;
  }

  dueItems = (): DueItem[] => [...this.kept].flatMap(([pk, { dueAt }]) => (dueAt === undefined ? [] : [{ pk, sk: "MESSAGE", dueAt }]));

  claim(item: DueItem, next: string | undefined): boolean {
    const found = this.kept.get(item.pk);
    if (found?.dueAt !== item.dueAt) return false;
    found.dueAt = next;
    return true;
  }

  revive({ pk }: Pick<DueItem, "pk" | "sk">, dueAt: string): boolean {
    const found = this.kept.get(pk);
    if (found === undefined || found.dueAt !== undefined) return false;
    found.dueAt = dueAt;
    return true;
  }
}

const pkOf = ({ provider, id }: Pick<WebhookMessage, "provider" | "id">): string => `WEBHOOK#${provider}#${id}`;
