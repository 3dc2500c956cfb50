import { expect, test } from "@jest/globals";
import platform from "../../../config/tenantry.ts";
import type { DueItem } from "../../../shared/ports.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { receiveWebhook } from "../../../shared/usecases/webhooks/receive-webhook.ts";
import { workWebhook } from "../../../shared/usecases/webhooks/work-webhook.ts";
import type { Delivery } from "../../../shared/webhooks/format.ts";
import { MemoryDirectory } from "../../support/memory-directory.ts";
import { MemoryWebhookInbox } from "../../support/memory-webhook-inbox.ts";

const secret = "the-secret-of-okta";
const now = new Date("2030-01-31T12:00:00.000Z");
const at = (second: number): string => new Date(now.getTime() + (second - 60) * 1_000).toISOString();

/** A delivery of Okta's that says, second by second, who comes (`+`) and goes (`-`). */
function delivery(id: string, ...words: [number, "+" | "-"][]): Delivery {
  const events = words.map(([second, word]) => ({
    uuid: `${id}-${second}`,
    published: at(second),
    eventType: `group.user_membership.${word === "+" ? "add" : "remove"}`,
    outcome: { result: "SUCCESS" },
    target: [
      { id: "00u1", type: "User", alternateId: "ada@acme.test" },
      { id: "00g1", type: "UserGroup", displayName: "tenant:acme:viewer" },
    ],
  }));
  return {
    headers: { authorization: secret },
    body: Buffer.from(JSON.stringify({ eventId: id, eventTime: now.toISOString(), data: { events } })),
  };
}

/** Everything in memory; the call numbered `failing` of any port dies before or after it took effect. */
function world(failing = -1, after = false) {
  const inbox = new MemoryWebhookInbox();
  const directory = new MemoryDirectory();
  const sent: DueItem[] = [];
  let calls = 0;
  const dies = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          const dying = calls++ === failing;
          if (dying && !after) throw new Error("died before");
          const answer: unknown = await member.apply(target, args);
          if (dying) throw new Error("died after");
          return answer;
        };
      },
    });
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const ports = {
    inbox: dies(inbox),
    directory: dies(directory),
    accessQueue: dies({ send: async (items: DueItem[]) => void sent.push(...items) }),
    secrets: dies({ of: async () => [secret] }).of,
    deadLetters: { add: async () => {} },
    platform,
    clock: { now: () => now },
    log: quiet,
  };
  const receive = (message: Delivery) => receiveWebhook("okta", message, ports);
  const work = (item: Pick<DueItem, "pk" | "sk">) =>
    workWebhook(
      item,
      () => true,
      ports,
      (change, provider) => applyIdentityChange(change, provider, ports),
    );
  /** What the sweep does: whatever is due is worked on, until nothing is. */
  const sweep = async (): Promise<void> => {
    for (let round = 0; round < 5 && inbox.dueItems().length > 0; round++)
      for (const item of inbox.dueItems()) await work(item).catch(() => {});
  };
  const member = async () => (await directory.getMembership("okta", "00g1", "00u1"))?.member;
  return { inbox, receive, work, sweep, member, calls: () => calls };
}

const permutations = <T>(items: T[]): T[][] =>
  items.length < 2 ? [items] : items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]));

test.each<["+" | "-", boolean]>([
  ["+", true],
  ["-", false],
])("deliveries of one membership in any order, each twice, end where the newest word (%s) says", async (last, expected) => {
  const first = last === "+" ? "-" : "+";
  const messages = [delivery("d1", [4, last], [1, "+"]), delivery("d2", [2, "-"]), delivery("d3", [3, first])];
  for (const order of permutations(messages)) {
    const { inbox, receive, sweep, member } = world();
    for (const message of [...order, ...order]) {
      await receive(message);
      await sweep();
    }
    expect(inbox.kept.size).toBe(3);
    expect(await member()).toBe(expected);
  }
});

test.each([false, true])(
  "whatever call dies (after it took effect: %s), Okta's second try and the sweep bring it to the same end",
  async (after) => {
    const messages = [delivery("d1", [1, "+"], [2, "-"]), delivery("d2", [3, "+"])];
    const run = async (failing: number) => {
      const made = world(failing, after);
      // An answer that is none is tried once more by Okta.
      for (const message of messages) await made.receive(message).catch(() => made.receive(message));
      await made.sweep();
      return made;
    };
    const { calls } = await run(-1);
    expect(calls()).toBeGreaterThan(15);
    for (let failing = 0; failing < calls(); failing++) {
      const { inbox, member } = await run(failing);
      expect([failing, await member(), inbox.kept.size, inbox.dueItems()]).toEqual([failing, true, 2, []]);
    }
  },
);
