import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { canonicalHash } from "../../../shared/domain/canonical.ts";
import { TenantryError } from "../../../shared/domain/errors.ts";
import { type CommandQueuePorts, commandQueue } from "../../../shared/queues/commands.ts";
import type { Command } from "../../../shared/usecases/record-intent.ts";

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
const data = { tenantId: "acme", tier: "premium" };

const anEvent = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  version: "0",
  id: "bus-1",
  "detail-type": "TenantTierChangeRequested",
  source: "billing",
  time: "2030-01-31T11:59:59Z",
  detail: { data },
  ...over,
});

const aRecord = (body: unknown, { messageId = "m-1", receives = 1 } = {}): SQSRecord =>
  ({
    messageId,
    receiptHandle: `handle of ${messageId}`,
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: String(receives) },
    eventSource: "aws:sqs",
  }) as SQSRecord;

/** A queue for changes of tier whose use case does what the test says. */
function aQueue(work: (command: Command) => Promise<unknown> = async () => {}) {
  const commands: Command[] = [];
  const set: { body: string; code: string; reason: string }[] = [];
  const warnings: string[] = [];
  const postponed: { receiptHandle: string; seconds: number }[] = [];
  let ids = 0;
  const ports: CommandQueuePorts = {
    clock: { now: () => new Date("2030-01-31T12:00:00Z") },
    newId: () => `run-${++ids}`,
    log: { info: () => {}, warn: (message) => void warnings.push(message), error: () => {} },
    deadLetters: { add: async (body, why) => void set.push({ body, ...why }) },
    visibility: { postpone: async (receiptHandle, seconds) => void postponed.push({ receiptHandle, seconds }) },
    random: () => 0,
    retry: { baseMs: 2_000, capMs: 10_000 },
    maxReceiveCount: 4,
    requestTimeoutMs: 5_000,
  };
  const handler = commandQueue(
    {
      TenantTierChangeRequested: async (command) => {
        commands.push(command);
        return work(command);
      },
    },
    ports,
  );
  const receive = async (...records: SQSRecord[]): Promise<string[]> => {
    const { batchItemFailures } = await handler({ Records: records } as SQSEvent, context);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { ports, receive, commands, set, warnings, postponed };
}

const failing = (error: unknown) => async () => {
  throw error;
};
const unknownTenant = new TenantryError("TenantNotFound", 'Tenant "acme" does not exist.');

describe("A queue of events", () => {
  test("makes a command of an event: deduped by source and id, eager until shortly before the function's end", async () => {
    const { receive, commands, set } = aQueue();
    expect(
      await receive(aRecord(anEvent({ detail: { metadata: { eventId: "e-1", correlationId: "c-1", actor: "jane" }, data } }))),
    ).toEqual([]);
    expect(commands).toMatchObject([
      {
        tenantId: "acme",
        cause: { actor: "jane", correlationId: "c-1", causationId: "e-1" },
        occurredAt: expect.stringMatching(/^2030-01-31T11:59:59\.\d{3}Z$/),
        key: { id: "event#billing#e-1", hash: canonicalHash({ type: "TenantTierChangeRequested", data }) },
        eager: { owner: "run-1", leaseUntil: "2030-01-31T12:01:10.000Z", dueAt: "2030-01-31T12:01:11.000Z" },
      },
    ]);
    expect(set).toEqual([]);
  });

  test("gives a copy of an event the same key and hash, whatever order its members are in", async () => {
    const { receive, commands } = aQueue();
    await receive(aRecord(anEvent()), aRecord(anEvent({ detail: { data: { tier: "premium", tenantId: "acme" } } }), { messageId: "m-2" }));
    expect(commands[1]?.key).toEqual(commands[0]?.key);
  });
});

describe("An event that can never succeed", () => {
  const never: [what: string, body: unknown, reason: RegExp][] = [
    ["not JSON", "{oops", /not JSON/],
    ["not an EventBridge event", { hello: "world" }, /not an EventBridge event/],
    ["of an unknown type", anEvent({ "detail-type": "TenantExploded" }), /TenantExploded/],
    [
      "of a type that another queue handles",
      anEvent({ "detail-type": "TenantOffboardingRequested", detail: { data: { tenantId: "acme" } } }),
      /TenantOffboardingRequested/,
    ],
    ["of an unknown version", anEvent({ detail: { metadata: { version: "2" }, data } }), /\/detail\/metadata\/version/],
    ["that fits no schema", anEvent({ detail: { data: { ...data, tier: 7 } } }), /\/detail\/data\/tier/],
    ["with an unknown field", anEvent({ detail: { data: { ...data, colour: "red" } } }), /\/detail\/data\/colour: unknown field/],
    ["from the future", anEvent({ time: "2030-01-31T13:00:00Z" }), /future/],
  ];
  test.each(never)("(%s) is set aside whole, with the reason, at its first receive", async (_what, body, reason) => {
    const { receive, commands, set } = aQueue();
    const record = aRecord(body);
    expect(await receive(record)).toEqual([]);
    expect(commands).toEqual([]);
    expect(set).toEqual([{ body: record.body, code: "InvalidInput", reason: expect.stringMatching(reason) }]);
  });

  test("(the use case refuses it) is set aside with the code and every mistake", async () => {
    const refusal = new TenantryError("QuotaAboveCeiling", "Too much.", { issues: [{ pointer: "/quota/cpu", detail: "9 is above 4" }] });
    const { receive, set } = aQueue(failing(refusal));
    expect(await receive(aRecord(anEvent()))).toEqual([]);
    expect(set).toMatchObject([{ code: "QuotaAboveCeiling", reason: "Too much. /quota/cpu: 9 is above 4" }]);
  });

  test("comes back where the dead-letter queue does not take it, so that nothing is lost", async () => {
    const { ports, receive } = aQueue();
    ports.deadLetters.add = failing(new Error("throttled"));
    expect(await receive(aRecord("{oops"))).toEqual(["m-1"]);
  });
});

describe("An event that may yet succeed", () => {
  test("comes back until its last receive, and is set aside with the reason then", async () => {
    const { receive, set, commands } = aQueue(failing(unknownTenant));
    for (const receives of [1, 2, 3]) expect(await receive(aRecord(anEvent(), { receives }))).toEqual(["m-1"]);
    expect(set).toEqual([]);
    expect(await receive(aRecord(anEvent(), { receives: 4 }))).toEqual([]);
    expect(set).toEqual([{ body: JSON.stringify(anEvent()), code: "TenantNotFound", reason: 'Tenant "acme" does not exist.' }]);
    expect(commands).toHaveLength(4);
  });

  test("comes back after pauses that grow with its receives, up to the longest", async () => {
    const { ports, receive, postponed } = aQueue(failing(unknownTenant));
    ports.maxReceiveCount = 10;
    for (const receives of [1, 2, 3, 4, 9]) await receive(aRecord(anEvent(), { receives }));
    expect(postponed.map(({ seconds }) => seconds)).toEqual([1, 2, 4, 5, 5]);
    expect(postponed[0]?.receiptHandle).toBe("handle of m-1");
    ports.random = () => 0.5;
    await receive(aRecord(anEvent()));
    expect(postponed.at(-1)?.seconds).toBe(1.5);
  });

  test("comes back all the same where the queue does not take the pause", async () => {
    const { ports, receive, warnings } = aQueue(failing(unknownTenant));
    ports.visibility.postpone = failing(new Error("throttled"));
    expect(await receive(aRecord(anEvent()))).toEqual(["m-1"]);
    expect(warnings).toContain("A message could not be postponed; it comes back after its visibility timeout.");
  });

  test("is left to the queue's own redrive where we do not know what failed, also at its last receive", async () => {
    const { receive, set, postponed } = aQueue(failing(new Error("DynamoDB is away")));
    for (const receives of [1, 4, 5]) expect(await receive(aRecord(anEvent(), { receives }))).toEqual(["m-1"]);
    expect(set).toEqual([]);
    // After the visibility timeout, which many receives make longer than most outages.
    expect(postponed).toEqual([]);
  });
});

describe("A batch", () => {
  let release: () => void;
  let held: Promise<void>;
  beforeEach(() => {
    held = new Promise((resolve) => {
      release = resolve;
    });
  });

  test("gives back only those that failed", async () => {
    const { receive, set } = aQueue(async ({ tenantId }) => {
      if (tenantId === "late") throw unknownTenant;
    });
    const of = (tenantId: string) => anEvent({ detail: { data: { ...data, tenantId } } });
    const records = [
      aRecord(of("one"), { messageId: "a" }),
      aRecord(of("late"), { messageId: "b" }),
      aRecord("{oops", { messageId: "c" }),
      aRecord(of("two"), { messageId: "d" }),
    ];
    expect(await receive(...records)).toEqual(["b"]);
    expect(set).toHaveLength(1);
  });

  test("of which all failed gives back all, and throws nothing", async () => {
    const { receive } = aQueue(failing(unknownTenant));
    expect(await receive(aRecord(anEvent(), { messageId: "a" }), aRecord(anEvent(), { messageId: "b" }))).toEqual(["a", "b"]);
  });

  test("is worked on side by side: a slow one holds up nobody", async () => {
    const order: string[] = [];
    const { receive } = aQueue(async ({ tenantId }) => {
      if (tenantId === "slow") await held;
      else release();
      order.push(tenantId);
    });
    const of = (tenantId: string) => anEvent({ detail: { data: { ...data, tenantId } } });
    expect(await receive(aRecord(of("slow"), { messageId: "a" }), aRecord(of("quick"), { messageId: "b" }))).toEqual([]);
    expect(order).toEqual(["quick", "slow"]);
  });
});
