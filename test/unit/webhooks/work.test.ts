import { beforeEach, describe, expect, test } from "@jest/globals";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import type { DueItem } from "../../../shared/ports.ts";
import { type ApplyChange, workMessage, workWebhook, type WorkWebhookPorts } from "../../../shared/usecases/webhooks/work-webhook.ts";
import { MemoryWebhookInbox } from "../../support/memory-webhook-inbox.ts";

const receivedAt = "2030-01-31T12:00:00.000Z";
const event = (type: string, user: object = { id: "u-1" }) => ({ type, timestamp: receivedAt, data: { user } });
const org = { organization: { id: "org_1" }, user: { user_id: "auth0|ada" } };

let inbox: MemoryWebhookInbox;
let applied: [string, IdentityChange][];
let letters: { body: string; reason: string }[];
beforeEach(() => {
  inbox = new MemoryWebhookInbox();
  applied = [];
  letters = [];
});
const ports = (): WorkWebhookPorts => ({
  inbox,
  directory: { groupsOf: async () => ["org_1:rol_1", "org_1:rol_2", "org_10:rol_1", "grp_1"] },
  deadLetters: { add: async (body, { reason }) => void letters.push({ body, reason }) },
  platform: {
    identity: {
      providers: {
        standard: { webhook: { format: "standard", secret: "ssm:a" }, userId: "userName" },
        auth0: { webhook: { format: "auth0", secret: "ssm:a" }, userId: "email" },
      },
      roleMapping: [],
      removeAtMost: { share: 0.2, count: 10 },
    },
  },
  log: { info: () => {}, warn: () => {}, error: () => {} },
});
const add = async (body: unknown, provider = "standard"): Promise<DueItem> =>
  (await inbox.add({ provider, id: "m", body: JSON.stringify(body), receivedAt }, "2030-01-31T12:01:00.000Z", 4e9)) as DueItem;
const record: ApplyChange = async (change, provider) => applied.push([provider, change]);
const work = (item: DueItem, apply = record) => workWebhook(item, () => true, ports(), apply);

describe("the work of a webhook's message", () => {
  test("is to record its changes for their provider; then it is done, and once more is nothing", async () => {
    const item = await add(event("user.deactivated"));
    expect(await work(item)).toEqual({ done: true });
    expect(await work(item)).toEqual({ done: true });
    expect(applied).toEqual([["standard", { kind: "user", user: { id: "u-1", active: false }, occurredAt: receivedAt }]]);
    expect(inbox.dueItems()).toEqual([]);
  });

  test("is all there again where a change could not be recorded", async () => {
    const item = await add(event("user.deactivated"));
    const failing = async (): Promise<void> => {
      throw new Error("no table");
    };
    await expect(work(item, failing)).rejects.toThrow("no table");
    expect(inbox.dueItems()).toHaveLength(1);
    await work(item);
    expect(applied).toHaveLength(1);
  });

  test("waits where the time is up", async () => {
    const item = await add(event("user.deactivated"));
    expect(
      await workWebhook(
        item,
        () => false,
        ports(),
        async () => {},
      ),
    ).toEqual({ again: { afterMs: 0, reason: "the time is up" } });
    expect(inbox.dueItems()).toHaveLength(1);
  });

  test("of an unknown type is nothing, and of a known one that cannot be read a dead letter with the reason", async () => {
    await work(await add(event("invoice.paid")));
    expect([applied, letters]).toEqual([[], []]);
    inbox = new MemoryWebhookInbox();
    await work(await add(event("user.deactivated", {})));
    const [letter] = letters;
    expect(letter?.reason).toContain("webhook standard m: user.deactivated: data.user.id");
    expect(JSON.parse(letter?.body ?? "")).toEqual({
      provider: "standard",
      id: "m",
      body: JSON.stringify(event("user.deactivated", {})),
      receivedAt,
    });

    expect(inbox.dueItems()).toEqual([]);
  });

  test("that was set aside may be done again from its letter", async () => {
    const message = { provider: "standard", id: "m", body: JSON.stringify(event("user.deactivated")), receivedAt };
    expect(await workMessage(message, () => true, ports(), record)).toEqual({ done: true });
    expect(applied).toHaveLength(1);
  });

  test("that is too large for a queue is set aside cut, and done", async () => {
    await work(await add({ ...event("user.deactivated", {}), padding: "x".repeat(500_000) }));
    expect(Buffer.byteLength(letters[0]?.body ?? "")).toBeLessThan(262_144);
    expect(JSON.parse(letters[0]?.body ?? "")).toMatchObject({ provider: "standard", id: "m", cut: true });
    expect(inbox.dueItems()).toEqual([]);
  });

  test("of a provider that is configured no more is a dead letter", async () => {
    await work(await add(event("user.deactivated"), "gone"));
    expect(letters).toHaveLength(1);
  });

  test("where somebody leaves an organization is to take each of its roles that the directory knows of, and no other's", async () => {
    await work(await add({ type: "organization.member.deleted", time: receivedAt, data: { object: org } }, "auth0"));
    expect(applied.map(([, change]) => change)).toEqual(
      ["org_1", "org_1:rol_1", "org_1:rol_2"].map((id) =>
        expect.objectContaining({ member: false, group: expect.objectContaining({ id }) }),
      ),
    );
  });
});
